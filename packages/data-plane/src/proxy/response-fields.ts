/** What is known of an upstream's head once its fields are read. */
export interface ResponseFields {
  /** Names and values in turn, ready to be sent. */
  readonly fields: string[]
  /** Bytes; undefined when the body's end is known in another way. */
  readonly contentLength: number | undefined
}

/**
 * The upstream's header fields as the client gets them (data-plane.md 5.10): without the hop-by-hop ones and nginx's
 * own, `Server` replaced, a charset where text has none.
 */
export function responseFields (raw: ReadonlyArray<Buffer | string>, serverToken: string): ResponseFields {
  const fields = ['Server', serverToken]
  let contentLength: string | undefined
  let isChunked = false
  let connection: string | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const name = textOf(raw[at])
    const value = textOf(raw[at + 1])
    switch (isSpecial(name) ? name.toLowerCase() : '') {
      case 'server': case 'keep-alive': case 'proxy-connection': case 'upgrade': case 'te': case 'trailer': case 'x-pad': break
      case 'connection': connection = value.toLowerCase(); break
      case 'transfer-encoding': isChunked = true; break
      case 'content-length': contentLength = value; break
      case 'content-type': fields.push(name, withCharset(value)); break
      default: if (!isAccelerator(name)) fields.push(name, value)
    }
  }
  if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') dropNamed(fields, connection)
  if (isChunked || contentLength === undefined) return { fields, contentLength: undefined }
  fields.push('Content-Length', contentLength)
  return { fields, contentLength: Number(contentLength) }
}

/** A media type with `charset=utf-8` where it is text and says nothing of it. */
export function withCharset (contentType: string): string {
  if (contentType.includes(';') ? /;\s*charset=/i.test(contentType) : false) return contentType
  return charsetTypes.has(contentType.replace(/;.*/, '').trim().toLowerCase()) ? `${contentType}; charset=utf-8` : contentType
}

const charsetTypes = new Set([
  'text/html', 'text/xml', 'text/plain', 'text/vnd.wap.wml', 'application/javascript', 'application/rss+xml'
])

const specialLengths = new Uint8Array(32)
for (const length of [2, 5, 6, 7, 10, 12, 14, 16, 17]) specialLengths[length] = 1

function isSpecial (name: string): boolean {
  return specialLengths[name.length] === 1
}

function isAccelerator (name: string): boolean {
  return (name.charCodeAt(0) | 0x20) === 0x78 && /^x-accel-/i.test(name)
}

function dropNamed (fields: string[], connection: string): void {
  const named = connection.split(',').map(name => name.trim())
  for (let at = fields.length - 2; at >= 2; at -= 2) {
    if (named.includes(fields[at]?.toLowerCase() ?? '')) fields.splice(at, 2)
  }
}

function textOf (value: Buffer | string | undefined): string {
  return value === undefined ? '' : typeof value === 'string' ? value : value.toString('latin1')
}
