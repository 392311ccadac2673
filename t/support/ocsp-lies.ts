import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'

const type = { 'content-type': 'application/ocsp-response' }
const tooMuch = 65 * 1024
const half = (body: Buffer): Buffer => body.subarray(0, body.length >> 1)

type Liar = (body: Buffer, response: ServerResponse) => unknown

// `body` is what an honest responder would have sent
const liars = {
  hang: () => {},
  reset: (_body, response) => breakOff(response),
  dripHeader: async (_body, response) => await drip(Buffer.from(`HTTP/1.1 200 OK\r\nX-Slow: ${'z'.repeat(100_000)}`), octet => response.socket?.write(octet)),
  drip: async (body, response) => {
    response.writeHead(200, { ...type, 'content-length': body.length })
    await drip(body, octet => response.write(octet))
  },
  cutOff: (body, response) => response.writeHead(200, { ...type, 'content-length': body.length }).write(half(body), () => response.socket?.end()),
  resetMidway: (body, response) => response.writeHead(200, type).write(half(body), () => setImmediate(() => breakOff(response))),
  empty: (_body, response) => response.writeHead(200, { ...type, 'content-length': 0 }).end(),
  oversized: (_body, response) => response.writeHead(200, { ...type, 'content-length': tooMuch }).end(Buffer.alloc(tooMuch)),
  oversizedChunked: (_body, response) => response.writeHead(200, type).end(Buffer.alloc(tooMuch)),
  endless: (_body, response) => new Readable({ read () { this.push(Buffer.alloc(16 * 1024)) } }).pipe(response.writeHead(200, type)),
  gzip: (body, response) => response.writeHead(200, { ...type, 'content-encoding': 'gzip' }).end(gzipSync(body)),
  wrongContentType: (body, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(body),
  noContentType: (body, response) => response.writeHead(200).end(body),
  shoutedContentType: (body, response) => response.writeHead(200, { 'content-type': 'Application/OCSP-Response; charset=binary' }).end(body)
} as const satisfies Record<string, Liar>

/** Ways to answer wrongly over HTTP. */
export type HttpLie = keyof typeof liars | { readonly status: number, readonly headers?: Readonly<Record<string, string>> }

export async function lieOverHttp (lie: HttpLie, body: Buffer, response: ServerResponse): Promise<void> {
  if (typeof lie === 'string') await liars[lie](body, response)
  else response.writeHead(lie.status, { ...type, ...lie.headers }).end(lie.status === 204 ? undefined : body)
}

// TLS has no reset of its own.
function breakOff ({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}

async function drip (octets: Buffer, write: (octet: Buffer) => boolean | undefined): Promise<void> {
  for (const octet of octets) {
    if (write(Buffer.from([octet])) === undefined) return
    await delay(20, undefined, { ref: false })
  }
}
