import { ocspErrors } from '@clinch/ocsp-core'

export interface Failure {
  readonly code: string
  readonly detail: string
}

/** What an operator of APISIX knows to look for (data-plane.md 2.5), with our code's own words behind it. */
export function failureLine ({ code, detail }: Failure): string {
  switch (code) {
    case 'OCSP_ERR_ISSUER_NOT_FOUND': return 'failed to get ocsp url: no issuer certificate in chain'
    case 'OCSP_ERR_HTTP_STATUS': return `ocsp responder returns ${detail}`
    case 'OCSP_ERR_BODY_INCOMPLETE': return detail.includes('empty') ? 'ocsp responder returns empty body' : `ocsp responder query failed: ${detail}`
    case 'OCSP_ERR_TOO_LARGE':
    case 'OCSP_ERR_CONTENT_TYPE':
    case 'OCSP_ERR_CONTENT_ENCODING':
    case 'OCSP_ERR_URL_REFUSED':
    case 'OCSP_ERR_OVERLOADED': return `ocsp responder query failed: ${detail}`
    default: break
  }
  if (code.startsWith('OCSP_ERR_RESPONDER_')) return `ocsp responder query failed: ${detail}`
  const known = Object.hasOwn(ocspErrors, code) ? ocspErrors[code as keyof typeof ocspErrors] : code
  return `failed to validate ocsp response: ${detail === '' ? known : detail}`
}

export function statusLine (status: 'revoked' | 'unknown'): string {
  return `failed to validate ocsp response: certificate status "${status}" in the OCSP response`
}
