export const ocspErrors = {
  OCSP_ERR_TOO_LARGE: 'the response is larger than allowed',
  OCSP_ERR_MALFORMED: 'the octets are not what they should be',
  OCSP_ERR_STATUS_MALFORMED_REQUEST: 'the responder calls the request malformed',
  OCSP_ERR_STATUS_INTERNAL_ERROR: 'the responder reports an internal error',
  OCSP_ERR_STATUS_TRY_LATER: 'the responder asks to try later',
  OCSP_ERR_STATUS_SIG_REQUIRED: 'the responder wants signed requests',
  OCSP_ERR_STATUS_UNAUTHORIZED: 'the responder may not or cannot answer for this certificate',
  OCSP_ERR_SIGNATURE_ALGORITHM: 'the response is signed with an algorithm that is not allowed',
  OCSP_ERR_SIGNATURE_INVALID: 'the signature of the response does not verify',
  OCSP_ERR_SIGNER_NOT_FOUND: 'nobody known matches the responder identifier of the response',
  OCSP_ERR_SIGNER_NOT_AUTHORIZED: 'the response was signed by a certificate that may not sign it',
  OCSP_ERR_CRITICAL_EXTENSION: 'a critical extension is not understood',
  OCSP_ERR_NONCE_MISMATCH: 'the response carries another nonce than the request',
  OCSP_ERR_NONCE_MISSING: 'the response carries no nonce although one is required',
  OCSP_ERR_CERT_ID_NOT_FOUND: 'the response says nothing about this certificate',
  OCSP_ERR_NOT_YET_VALID: 'the response is from the future',
  OCSP_ERR_EXPIRED: 'the response or the certificate has expired',
  OCSP_ERR_NEXT_UPDATE_MISSING: 'the response does not say how long it is valid',
  OCSP_ERR_TIME_ORDER: 'the times of the response contradict each other',
  OCSP_ERR_TOO_OLD: 'the response is older than the policy allows',
  OCSP_ERR_ISSUER_NOT_FOUND: 'the issuer of the certificate is not known',
  OCSP_ERR_URL_REFUSED: 'the URL of the responder is refused by the guard',
  OCSP_ERR_RESPONDER_DNS: 'the name of the responder does not resolve',
  OCSP_ERR_RESPONDER_CONNECT: 'the responder cannot be reached',
  OCSP_ERR_RESPONDER_TLS: 'the TLS handshake with the responder failed',
  OCSP_ERR_RESPONDER_TIMEOUT: 'the responder did not answer in time',
  OCSP_ERR_RESPONDER_SUSPENDED: 'the responder failed too often and is left alone for a while',
  OCSP_ERR_HTTP_STATUS: 'the responder answered with another HTTP status than 200',
  OCSP_ERR_CONTENT_TYPE: 'the responder answered with another content type than application/ocsp-response',
  OCSP_ERR_CONTENT_ENCODING: 'the responder answered with a content coding',
  OCSP_ERR_BODY_INCOMPLETE: 'the answer of the responder is empty or cut off',
  OCSP_ERR_OVERLOADED: 'too many status checks are under way'
} as const satisfies Record<`OCSP_ERR_${string}`, string>
export type OcspErrorCode = keyof typeof ocspErrors

/** Why a signer may not sign, said beside `OCSP_ERR_SIGNER_NOT_AUTHORIZED`. */
export type SignerRefusal = 'issuer' | 'eku' | 'keyUsage' | 'ca' | 'validity' | 'weakKey' | 'revoked' | 'nocheck'

export interface OcspErrorOptions extends ErrorOptions {
  readonly detail?: string
  readonly reason?: SignerRefusal
}

/** A failure of this package. `code` is what callers match on; `detail` is for people. */
export class OcspError extends Error {
  override readonly name = 'OcspError'
  readonly code: OcspErrorCode
  readonly detail: string
  readonly reason: SignerRefusal | undefined
  constructor (code: OcspErrorCode, options: OcspErrorOptions = {}) {
    super(options.detail === undefined ? ocspErrors[code] : `${ocspErrors[code]}: ${options.detail}`, options)
    this.code = code
    this.detail = options.detail ?? ocspErrors[code]
    this.reason = options.reason
  }
}
