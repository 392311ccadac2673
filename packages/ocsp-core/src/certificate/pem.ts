import { OcspError } from '../errors.ts'
import type { Certificate } from './certificate.ts'
import { parseCertificate } from './parse-certificate.ts'

const block = /-----BEGIN (?:X509 )?CERTIFICATE-----([^-]*)-----END (?:X509 )?CERTIFICATE-----/g
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/**
 * Every CERTIFICATE block of a PEM text, in order; other text and other blocks are passed over.
 *
 * @throws OcspError `OCSP_ERR_MALFORMED` if a block is not a certificate
 */
export function parsePemCertificates (pem: string): Certificate[] {
  return Array.from(pem.matchAll(block), ([, body = '']) => {
    const packed = body.replace(/\s+/g, '')
    if (!base64.test(packed)) throw new OcspError('OCSP_ERR_MALFORMED', { detail: 'a PEM block is not base64' })
    return parseCertificate(Buffer.from(packed, 'base64'))
  })
}
