const begin = '-----BEGIN X509 CRL-----'
const end = '-----END X509 CRL-----'
const base64 = /^[A-Za-z0-9+/]+={0,2}$/
const sequenceTag = 0x30

/** The CRLs in DER: the octets themselves, or all blocks of a PEM text; a block that is no base64 is empty. [RFC 7468 4] */
export function crlDersOf (octets: Buffer): Buffer[] {
  if (octets[0] === sequenceTag) return [octets]
  const ders: Buffer[] = []
  for (let at = 0; ;) {
    const found = octets.indexOf(begin, at)
    const bodyEnd = found === -1 ? -1 : octets.indexOf(end, found + begin.length)
    if (bodyEnd === -1) return ders
    const body = octets.toString('latin1', found + begin.length, bodyEnd).replace(/\s+/g, '')
    ders.push(base64.test(body) ? Buffer.from(body, 'base64') : Buffer.alloc(0))
    at = bodyEnd + end.length
  }
}
