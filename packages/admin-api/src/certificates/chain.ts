import { X509Certificate } from 'node:crypto'

export type Chain =
  | { readonly kind: 'valid', readonly leaf: X509Certificate }
  | { readonly kind: 'invalid', readonly reason: string }

const opening = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----/g
const privateKey = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/

/**
 * One certificate or more in PEM, each of which must parse; text around them is let be, but for a private key: it
 * would be stored and shown as it stands. Reasons are OpenSSL's, as APISIX hands them on.
 */
export function readChain (pem: string): Chain {
  if (privateKey.test(pem)) return { kind: 'invalid', reason: 'failed to parse cert: there is a private key in it' }
  const certificates = pemBlocks(pem).map(parse)
  const [leaf] = certificates
  if (leaf === undefined) return { kind: 'invalid', reason: 'failed to parse cert: PEM_read_bio_X509_AUX() failed' }
  if (certificates.includes(undefined)) return { kind: 'invalid', reason: 'failed to parse cert: PEM_read_bio_X509() failed' }
  return { kind: 'valid', leaf }
}

// A block that does not end is given as it is, to fail.
function pemBlocks (pem: string): string[] {
  return Array.from(pem.matchAll(opening), ({ 0: begin, 1: label, index }) => {
    const end = `-----END ${label}-----`
    const endAt = pem.indexOf(end, index)
    return endAt === -1 ? begin : pem.slice(index, endAt + end.length)
  })
}

function parse (pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
