import type { ComparisonReport, ResponseReport } from './report.ts'

interface Compared {
  readonly response: ResponseReport
  readonly der: Buffer
}

/** Two verified responses about one certificate. */
export function compareResponses (staple: Compared, responder: Compared): ComparisonReport {
  const aheadMs = Date.parse(responder.response.this_update) - Date.parse(staple.response.this_update)
  return {
    same_octets: staple.der.equals(responder.der),
    same_status: staple.response.status === responder.response.status,
    newer: aheadMs > 0 ? 'responder' : aheadMs < 0 ? 'staple' : 'neither'
  }
}
