import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../contract/phases.ts'

/** How a limiter says no, and what it does when it cannot tell. */
export const rejectionFields = {
  rejected_code: WithDefault(Type.Integer({ minimum: 200, maximum: 599, default: 503 })),
  rejected_msg: Type.Optional(Type.String({ minLength: 1 })),
  allow_degradation: WithDefault(Type.Boolean({ default: false, description: 'a limiter that cannot tell lets the request pass' }))
}

export interface RejectionConf {
  readonly rejected_code: number
  readonly rejected_msg?: string
  readonly allow_degradation: boolean
}

export interface Rejections {
  /** Over the limit: `{"error_msg": …}`, or the page for the status. */
  readonly rejected: PhaseResult
  /** The limiter could not tell; a 500 unless that is to be overlooked. */
  readonly undecided: PhaseResult
}

export function rejectionsOf ({ rejected_code: status, rejected_msg: message, allow_degradation: passes }: RejectionConf): Rejections {
  return {
    rejected: Object.freeze({ kind: 'respond', response: message === undefined ? { status } : { status, body: { error_msg: message } } }),
    undecided: passes ? CONTINUE : Object.freeze({ kind: 'respond', response: { status: 500 } })
  }
}
