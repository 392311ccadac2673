import { failureText } from '@clinch/plugins'

export interface Failure {
  readonly code: string
  readonly detail: string
}

/** What an operator of APISIX knows to look for behind `no ocsp response send: ` (data-plane.md 2.5). */
export function failureLine ({ code, detail }: Failure): string {
  switch (code) {
    case 'unknown': return statusLine('unknown')
    case 'OCSP_ERR_ISSUER_NOT_FOUND': return `failed to get ocsp url: ${detail}`
    case 'OCSP_ERR_HTTP_STATUS': return `ocsp responder returns ${detail}`
    case 'OCSP_ERR_BODY_INCOMPLETE': return detail.includes('empty') ? 'ocsp responder returns empty body' : `ocsp responder query failed: ${detail}`
    case 'OCSP_ERR_TOO_LARGE':
    case 'OCSP_ERR_CONTENT_TYPE':
    case 'OCSP_ERR_CONTENT_ENCODING':
    case 'OCSP_ERR_URL_REFUSED':
    case 'OCSP_ERR_OVERLOADED': return `ocsp responder query failed: ${detail}`
    default: return code.startsWith('OCSP_ERR_RESPONDER_') ? `ocsp responder query failed: ${detail}` : failureText(code)
  }
}

export function statusLine (status: 'revoked' | 'unknown'): string {
  return `failed to validate ocsp response: certificate status "${status}" in the OCSP response`
}
