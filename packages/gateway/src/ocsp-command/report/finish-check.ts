import { exitStatus } from '../exit-status.ts'
import { conclude } from './conclude.ts'
import { remarksOn } from './remarks.ts'
import type { CheckReport } from './report.ts'

export type CheckFindings = Pick<CheckReport, 'server' | 'trust' | 'staple' | 'responder' | 'comparison' | 'chain'> & {
  /** The issuer was at hand, but the server did not send it. */
  readonly issuerNotSent: boolean
}

/** Draws the conclusion from what was found. The chain begins with the certificate in question. */
export function finishCheck ({ issuerNotSent, ...findings }: CheckFindings): CheckReport {
  const { staple, responder, comparison, chain } = findings
  const facts = { staple, responder, mustStaple: chain[0]?.must_staple ?? false }
  const { verdict, because } = conclude(facts)
  return {
    command: 'check',
    verdict,
    exit_status: exitStatus[verdict],
    because,
    remarks: remarksOn({ ...facts, comparison, chain, issuerNotSent }),
    must_staple: facts.mustStaple,
    ...findings
  }
}
