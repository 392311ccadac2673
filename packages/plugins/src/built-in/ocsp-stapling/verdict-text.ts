import { crlErrors, type OcspErrorCode, ocspErrors } from '@clinch/ocsp-core'
import type { ClientVerdict } from '../../contract/host.ts'
import type { ClientDecision } from './decide-client.ts'

/** The log line about a verdict, in APISIX's words, misspelling included (data-plane.md 2.9). */
export function verdictText (verdict: ClientVerdict, decision: ClientDecision): string {
  switch (verdict.kind) {
    case 'good': return decision === 'pass' ? 'validate client cert ocsp response ok' : failureTexts.OCSP_ERR_EXPIRED
    case 'revoked': return verdict.source === 'crl' ? 'failed to validate client cert: it is listed in the CRL' : 'failed to validate ocsp response: certificate status "revoked" in the OCSP response'
    case 'unknown': return 'failed to validate ocsp response: certificate status "unknown" in the OCSP response'
    case 'indeterminate': return failureText(verdict.code)
    case 'notApplicable': return verdict.reason === 'noResponder'
      ? 'failed to get ocsp responder: cert not contains authority_information_access extension'
      : 'no client cert ocsp verify required'
  }
}

/** The same for a code of the two lists; what is no code is a response that was not got. */
export function failureText (code: string): string {
  if (isKeyOf(ocspErrors, code)) return failureTexts[code]
  return isKeyOf(crlErrors, code) ? `failed to validate client cert by crl: ${crlErrors[code]}` : 'failed to get ocsp respone'
}

function isKeyOf<Known extends object> (known: Known, key: string): key is Extract<keyof Known, string> {
  return Object.hasOwn(known, key)
}

const notGot = 'failed to get ocsp respone: '
const notValid = 'failed to validate ocsp response: '
const failureTexts = {
  OCSP_ERR_ISSUER_NOT_FOUND: 'failed to get ocsp responder: issuer certificate not next to leaf',
  OCSP_ERR_URL_REFUSED: 'failed to get ocsp responder: url is not allowed',
  OCSP_ERR_RESPONDER_DNS: `${notGot}ocsp responder query failed: host not found`,
  OCSP_ERR_RESPONDER_CONNECT: `${notGot}ocsp responder query failed: connection refused`,
  OCSP_ERR_RESPONDER_TLS: `${notGot}ocsp responder query failed: tls handshake failed`,
  OCSP_ERR_RESPONDER_TIMEOUT: `${notGot}ocsp responder query failed: timeout`,
  OCSP_ERR_RESPONDER_SUSPENDED: `${notGot}ocsp responder query failed: responder is suspended`,
  OCSP_ERR_OVERLOADED: `${notGot}ocsp responder query failed: too many queries`,
  OCSP_ERR_HTTP_STATUS: `${notGot}ocsp responder returns bad http status code`,
  OCSP_ERR_CONTENT_TYPE: `${notGot}ocsp responder returns bad content type`,
  OCSP_ERR_CONTENT_ENCODING: `${notGot}ocsp responder returns bad content encoding`,
  OCSP_ERR_BODY_INCOMPLETE: `${notGot}ocsp responder returns 200 and empty response body`,
  OCSP_ERR_TOO_LARGE: `${notGot}ocsp responder returns too large body`,
  OCSP_ERR_MALFORMED: `${notValid}d2i_OCSP_RESPONSE() failed`,
  OCSP_ERR_STATUS_MALFORMED_REQUEST: `${notValid}OCSP response not successful (1: malformedrequest)`,
  OCSP_ERR_STATUS_INTERNAL_ERROR: `${notValid}OCSP response not successful (2: internalerror)`,
  OCSP_ERR_STATUS_TRY_LATER: `${notValid}OCSP response not successful (3: trylater)`,
  OCSP_ERR_STATUS_SIG_REQUIRED: `${notValid}OCSP response not successful (5: sigrequired)`,
  OCSP_ERR_STATUS_UNAUTHORIZED: `${notValid}OCSP response not successful (6: unauthorized)`,
  OCSP_ERR_SIGNATURE_ALGORITHM: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_SIGNATURE_INVALID: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_SIGNER_NOT_FOUND: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_SIGNER_NOT_AUTHORIZED: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_CRITICAL_EXTENSION: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_NONCE_MISMATCH: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_NONCE_MISSING: `${notValid}OCSP_basic_verify() failed`,
  OCSP_ERR_CERT_ID_NOT_FOUND: `${notValid}certificate status not found in the OCSP response`,
  OCSP_ERR_NOT_YET_VALID: `${notValid}OCSP_check_validity() failed`,
  OCSP_ERR_EXPIRED: `${notValid}OCSP_check_validity() failed`,
  OCSP_ERR_NEXT_UPDATE_MISSING: `${notValid}OCSP_check_validity() failed`,
  OCSP_ERR_TIME_ORDER: `${notValid}OCSP_check_validity() failed`,
  OCSP_ERR_TOO_OLD: `${notValid}OCSP_check_validity() failed`
} as const satisfies Record<OcspErrorCode, string>
