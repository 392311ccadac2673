const begin = '-----BEGIN X509 CRL-----'
const end = '-----END X509 CRL-----'
const base64 = /^[A-Za-z0-9+/]+={0,2}$/
const sequenceTag = 0x30

/** The CRLs in DER: the octets themselves, or all blocks of a PEM text; a block that is no base64 is empty. [RFC 7468 4] */
export function crlDersOf (octets: Buffer): Buffer[] {
  if (octets[0] === sequenceTag) return [octets]
  const ders: Buffer[] = []
  for (let from = octets.indexOf(begin); from !== -1; from = octets.indexOf(begin, from + begin.length)) {
    const bodyStart = from + begin.length
    const bodyEnd = octets.indexOf(end, bodyStart)
    if (bodyEnd === -1) break
    const body = octets.toString('latin1', bodyStart, bodyEnd).replace(/\s+/g, '')
    ders.push(base64.test(body) ? Buffer.from(body, 'base64') : Buffer.alloc(0))
    from = bodyEnd
  }
  return ders
}
