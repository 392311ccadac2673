export const crlErrors = {
  CRL_ERR_TOO_LARGE: 'the CRL is larger than allowed',
  CRL_ERR_MALFORMED: 'the octets are not a CRL',
  CRL_ERR_DELTA: 'the CRL holds changes only, and is no complete list',
  CRL_ERR_CRITICAL_EXTENSION: 'a critical extension of the CRL is not understood',
  CRL_ERR_ISSUER_MISMATCH: 'the CRL was issued in another name',
  CRL_ERR_SIGNER_NOT_AUTHORIZED: 'the signer of the CRL may not sign it',
  CRL_ERR_SIGNATURE_ALGORITHM: 'the CRL is signed with an algorithm that is not allowed',
  CRL_ERR_SIGNATURE_INVALID: 'the signature of the CRL does not verify',
  CRL_ERR_SCOPE: 'the CRL does not speak for this certificate',
  CRL_ERR_NOT_YET_VALID: 'the CRL is from the future',
  CRL_ERR_EXPIRED: 'the CRL has expired',
  CRL_ERR_NEXT_UPDATE_MISSING: 'the CRL does not say how long it is valid',
  CRL_ERR_TIME_ORDER: 'the times of the CRL contradict each other',
  CRL_ERR_TOO_OLD: 'the CRL is older than the policy allows',
  CRL_ERR_OUTDATED: 'the CRL is older than the one that is held',
  CRL_ERR_LOADING: 'the CRL is still being fetched',
  CRL_ERR_URL_REFUSED: 'the URL of the CRL is refused by the guard',
  CRL_ERR_UNREACHABLE: 'the distribution point of the CRL cannot be reached',
  CRL_ERR_TIMEOUT: 'the distribution point did not deliver the CRL in time',
  CRL_ERR_SUSPENDED: 'the distribution point failed too often and is left alone for a while',
  CRL_ERR_HTTP: 'the distribution point gave another answer than a CRL',
  CRL_ERR_FILE: 'the file of the CRL cannot be read'
} as const satisfies Record<`CRL_ERR_${string}`, string>
export type CrlErrorCode = keyof typeof crlErrors

/** Why a CRL is not used, or says nothing about a certificate. A value, handed back and never thrown. */
export interface CrlFailure {
  readonly kind: 'failed'
  readonly code: CrlErrorCode
  /** For people. */
  readonly detail: string
  /** Beside `CRL_ERR_MALFORMED`: where reading stopped. */
  readonly offset?: number
}

export function crlFailed (code: CrlErrorCode, detail: string = crlErrors[code], offset?: number): CrlFailure {
  return offset === undefined ? { kind: 'failed', code, detail } : { kind: 'failed', code, detail, offset }
}
