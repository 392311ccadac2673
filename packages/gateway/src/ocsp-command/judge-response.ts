import { explainResponse, type OcspErrorCode, verifyResponse, type VerifyPolicy } from '@clinch/ocsp-core'
import type { Pair } from './pair.ts'
import { reportResponse } from './report/response-report.ts'
import type { JudgedResponse } from './report/report.ts'

/** A strict browser: every rule counts, clocks may be a minute apart, nothing without nextUpdate, no SHA-1 signature. */
export const browserPolicy: VerifyPolicy = { skewMs: 60_000, nonce: 'off', maxResponseBytes: 64 * 1024 }

const timeCodes: ReadonlySet<OcspErrorCode> = new Set(['OCSP_ERR_EXPIRED', 'OCSP_ERR_NOT_YET_VALID'])

/** Judges a response by every rule. Pure, never throws. */
export function judgeResponse (der: Buffer, pair: Pair, nowMs: number): JudgedResponse {
  const question = { der, ...pair, nowMs, policy: browserPolicy }
  const rules = explainResponse(question)
  const verdict = verifyResponse(question)
  if (verdict.kind !== 'indeterminate') return { kind: 'verified', octets: der.length, response: reportResponse(verdict, nowMs), rules }
  const { code, detail, reason } = verdict
  return {
    kind: 'refused',
    octets: der.length,
    code,
    detail,
    ...(reason === undefined ? {} : { reason }),
    ...(timeCodes.has(code) ? timeAside(question) : {}),
    rules
  }
}

// What is signed and only out of its time can be shown, so that one sees since when.
function timeAside (question: Parameters<typeof verifyResponse>[0]): { response?: ReturnType<typeof reportResponse> } {
  const verdict = verifyResponse({ ...question, policy: { ...browserPolicy, skewMs: Infinity } })
  return verdict.kind === 'indeterminate' ? {} : { response: reportResponse(verdict, question.nowMs) }
}
