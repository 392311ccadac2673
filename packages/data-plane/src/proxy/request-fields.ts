/** The fields of a request that mean something to the gateway itself. */
export interface RequestFields {
  host: string | undefined
  hostLines: number
  /** HTTP/2's; `Host` may stand beside it. */
  authority: string | undefined
  contentLength: string | undefined
  transferEncoding: string | undefined
  connection: string | undefined
  upgrade: string | undefined
  /** Which fields come behind the body. */
  trailer: string | undefined
  realIp: string | undefined
  forwardedFor: string | undefined
  forwardedProto: string | undefined
  forwardedHost: string | undefined
  forwardedPort: string | undefined
  forwarded: string | undefined
}

/**
 * One pass over a request's header fields.
 *
 * @param rawHeaders - names and values in turn, as node:http and node:http2 give them
 * @param endToEnd - takes those that go on as they are: not `Host`, the hop-by-hop ones and those the gateway writes
 * @param isReserved - of those, what no client may send
 */
export function readFields (rawHeaders: readonly string[], endToEnd: string[], isReserved: (name: string) => boolean): RequestFields {
  const fields: RequestFields = {
    host: undefined,
    hostLines: 0,
    authority: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    upgrade: undefined,
    trailer: undefined,
    realIp: undefined,
    forwardedFor: undefined,
    forwardedProto: undefined,
    forwardedHost: undefined,
    forwardedPort: undefined,
    forwarded: undefined
  }
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const value = rawHeaders[at + 1] ?? ''
    if ((!isSpecial(name) || !takeSpecial(fields, endToEnd, name, value)) && !isReserved(name)) endToEnd.push(name, value)
  }
  if (fields.connection !== undefined) dropNamed(endToEnd, fields.connection)
  return fields
}

// The lengths of the names below; most others need not even be looked at.
const specialLengths = new Uint8Array(32)
for (const length of [2, 4, 6, 7, 9, 10, 14, 15, 16, 17]) specialLengths[length] = 1

function isSpecial (name: string): boolean {
  return specialLengths[name.length] === 1 || name.charCodeAt(0) === 0x3a
}

function takeSpecial (fields: RequestFields, endToEnd: string[], name: string, value: string): boolean {
  switch (name.toLowerCase()) {
    case 'host':
      fields.host ??= value
      fields.hostLines++
      return true
    case ':authority': fields.authority = value; return true
    case ':method': case ':path': case ':scheme': case ':protocol': return true
    case 'connection': fields.connection = join(fields.connection, value); return true
    case 'content-length': fields.contentLength ??= value; return true
    case 'transfer-encoding': fields.transferEncoding = join(fields.transferEncoding, value); return true
    case 'upgrade': fields.upgrade ??= value; return true
    case 'x-real-ip': fields.realIp ??= value; return true
    case 'x-forwarded-for': fields.forwardedFor = join(fields.forwardedFor, value); return true
    case 'x-forwarded-proto': fields.forwardedProto = join(fields.forwardedProto, value); return true
    case 'x-forwarded-host': fields.forwardedHost = join(fields.forwardedHost, value); return true
    case 'x-forwarded-port': fields.forwardedPort = join(fields.forwardedPort, value); return true
    case 'forwarded': fields.forwarded = join(fields.forwarded, value); return true
    case 'trailer': fields.trailer = join(fields.trailer, value); return true
    case 'te': case 'expect': case 'keep-alive': case 'proxy-connection': return true
    case 'cookie': return joinCookie(endToEnd, value)
    default: return false
  }
}

function join (before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

// HTTP/2 clients send one field per cookie; towards HTTP/1.1 they are one again (RFC 9113 8.2.3).
function joinCookie (endToEnd: string[], value: string): boolean {
  for (let at = 0; at < endToEnd.length; at += 2) {
    if (endToEnd[at]?.length !== 6 || endToEnd[at]?.toLowerCase() !== 'cookie') continue
    endToEnd[at + 1] = `${endToEnd[at + 1]}; ${value}`
    return true
  }
  return false
}

// Fields that `Connection` names are this connection's only (RFC 9110 7.6.1).
function dropNamed (endToEnd: string[], connection: string): void {
  if (connection === 'keep-alive' || connection === 'close') return
  const named = connection.toLowerCase().split(',').map(name => name.trim())
  for (let at = endToEnd.length - 2; at >= 0; at -= 2) {
    if (named.includes(endToEnd[at]?.toLowerCase() ?? '')) endToEnd.splice(at, 2)
  }
}
