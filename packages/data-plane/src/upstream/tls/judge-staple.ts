import { clientCheckPolicy, findIssuer, parseCertificate, verifyResponse, type Certificate } from '@clinch/ocsp-core'
import { UpstreamStapleError } from './staple-error.ts'

export interface PresentedStaple {
  readonly mode: 'if_present' | 'required'
  /** The OCSPResponse that came with the handshake. */
  readonly staple: Uint8Array | undefined
  readonly leafDer: Uint8Array
  /** The path above it. */
  readonly issuersDer: readonly Uint8Array[]
  /** Epoch milliseconds. */
  readonly nowMs: number
}

export type StapleJudgement =
  /** The connection may be used, for new requests until then: epoch milliseconds. */
  | { readonly kind: 'accepted', readonly result: 'good' | 'none', readonly untilMs: number }
  /** `result`: the status, `missing`, or a code of ocsp-core. */
  | { readonly kind: 'refused', readonly result: string, readonly error: UpstreamStapleError }

/**
 * Whether an upstream may be talked to after the staple that it sent, once its certificate was verified. Only `good` is
 * good: `unknown` and what does not verify refuse as `revoked` does. A certificate that says it must be stapled
 * (RFC 7633) is refused without one in either mode.
 */
export function judgeUpstreamStaple ({ mode, staple, leafDer, issuersDer, nowMs }: PresentedStaple): StapleJudgement {
  const certificate = read(leafDer)
  if (certificate === undefined) return refused('PROXY_ERR_UPSTREAM_STAPLE_INVALID', 'OCSP_ERR_MALFORMED', 'the certificate cannot be read')
  if (staple === undefined) {
    if (mode === 'required' || certificate.mustStaple) return refused('PROXY_ERR_UPSTREAM_STAPLE_MISSING', 'missing', certificate.mustStaple ? 'the certificate must be stapled' : '')
    return { kind: 'accepted', result: 'none', untilMs: Infinity }
  }
  const issuer = findIssuer(certificate, issuersDer.map(read).filter(candidate => candidate !== undefined))
  if (issuer === undefined) return refused('PROXY_ERR_UPSTREAM_STAPLE_INVALID', 'OCSP_ERR_ISSUER_NOT_FOUND', '')
  const verdict = verifyResponse({ der: staple, certificate, issuer, nowMs, policy: clientCheckPolicy })
  switch (verdict.kind) {
    case 'good': return { kind: 'accepted', result: 'good', untilMs: verdict.usableEndMs }
    case 'revoked': return refused('PROXY_ERR_UPSTREAM_REVOKED', 'revoked', verdict.reason ?? '')
    case 'unknown': return refused('PROXY_ERR_UPSTREAM_STAPLE_INVALID', 'unknown', 'the responder does not know the certificate')
    case 'indeterminate': return refused('PROXY_ERR_UPSTREAM_STAPLE_INVALID', verdict.code, verdict.detail)
  }
}

function refused (code: UpstreamStapleError['code'], result: string, detail: string): StapleJudgement {
  return { kind: 'refused', result, error: new UpstreamStapleError(code, result, detail) }
}

function read (der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch {
    return undefined
  }
}
