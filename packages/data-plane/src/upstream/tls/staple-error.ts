const messages = {
  PROXY_ERR_UPSTREAM_STAPLE_MISSING: 'the upstream sent no OCSP response although one is required',
  PROXY_ERR_UPSTREAM_STAPLE_INVALID: 'the OCSP response of the upstream does not prove that its certificate is good',
  PROXY_ERR_UPSTREAM_REVOKED: 'the certificate of the upstream is revoked'
} as const satisfies Record<`PROXY_ERR_UPSTREAM_${string}`, string>

/** Why a verified upstream is not talked to: `tls.ocsp`. */
export class UpstreamStapleError extends Error {
  override readonly name = 'UpstreamStapleError'
  readonly code: keyof typeof messages
  /** The status, `missing`, or a code of ocsp-core. */
  readonly status: string
  readonly detail: string

  constructor (code: keyof typeof messages, status: string, detail: string) {
    super(messages[code])
    this.code = code
    this.status = status
    this.detail = detail
  }
}
