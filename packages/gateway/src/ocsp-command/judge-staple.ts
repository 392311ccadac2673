import type { ExplainedStep } from '@clinch/ocsp-core'
import { judgeResponse } from './judge-response.ts'
import type { Pair } from './pair.ts'
import type { JudgedResponse } from './report/report.ts'

const timeStep = 10

/**
 * As any response, but for its end: the tolerance for clocks is for answers just fetched. A server that still sends a
 * response which has ended has missed its refresh, so that is refused. Pure.
 */
export function judgeStapled (der: Buffer, pair: Pair, nowMs: number): JudgedResponse {
  const judged = judgeResponse(der, pair, nowMs)
  if (judged.kind === 'refused' || nowMs < Date.parse(judged.response.usable_end)) return judged
  const code = 'OCSP_ERR_EXPIRED'
  const detail = pair.certificate.notAfterMs <= nowMs ? 'the certificate has expired' : 'the response has expired'
  const rules = judged.rules.map((rule): ExplainedStep => {
    if (rule.step < timeStep) return rule
    const { step, rule: text, source } = rule
    return step === timeStep ? { step, rule: text, source, outcome: 'failed', code, detail } : { step, rule: text, source, outcome: 'not reached' }
  })
  return { ...judged, kind: 'refused', code, detail, rules }
}
