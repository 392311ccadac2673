import http, { type IncomingMessage } from 'node:http'
import http2, { type ClientHttp2Session } from 'node:http2'
import https from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'

export interface LoadTarget {
  readonly httpPort: number
  readonly httpsPort: number
  /** Of the certificate. */
  readonly servername: string
  readonly path: string
  /** How many clients of each kind. */
  readonly clients: number
  /** Between two requests of one client. */
  readonly pauseMs: number
}

export interface LoadResult {
  readonly answered: number
  /** What went wrong, as one reads it; nothing that a client may send again by itself (RFC 9113 8.7). */
  readonly failed: readonly string[]
}

/** Clients of every kind that ask for one path, over and over, and want 200 each time. */
export function startLoad ({ httpPort, httpsPort, servername, path, clients, pauseMs }: LoadTarget): { stop: () => Promise<ReadonlyMap<string, LoadResult>> } {
  const plain = { host: '127.0.0.1', port: httpPort, path }
  const tls = { host: '127.0.0.1', port: httpsPort, servername, rejectUnauthorized: false, path, headers: { host: servername } }
  const kinds: Readonly<Record<string, () => Client>> = {
    'HTTP, kept connections': () => http1Client(http.get, { ...plain, agent: new http.Agent({ keepAlive: true, maxSockets: 1 }) }),
    'HTTP, new connections': () => http1Client(http.get, { ...plain, agent: false }),
    'HTTPS, kept connections': () => http1Client(https.get, { ...tls, agent: new https.Agent({ keepAlive: true, maxSockets: 1 }) }),
    'HTTPS, new connections': () => http1Client(https.get, { ...tls, agent: false }),
    'HTTP/2 over TLS': () => http2Client(`https://127.0.0.1:${httpsPort}`, { servername, path }),
    'HTTP/2 in clear': () => http2Client(`http://127.0.0.1:${httpPort}`, { servername, path })
  }
  let isOver = false
  const runs = Object.entries(kinds).map(async ([kind, makeClient]) => {
    const results = await Promise.all(Array.from({ length: clients }, async () => await run(makeClient(), pauseMs, () => isOver)))
    return [kind, { answered: sum(results.map(({ answered }) => answered)), failed: results.flatMap(({ failed }) => failed) }] as const
  })
  return {
    async stop () {
      isOver = true
      return new Map(await Promise.all(runs))
    }
  }
}

interface Client {
  ask (): Promise<number>
  close (): void
}

async function run (client: Client, pauseMs: number, isOver: () => boolean): Promise<LoadResult> {
  const failed: string[] = []
  let answered = 0
  while (!isOver()) {
    try {
      const status = await client.ask()
      if (status === 200) answered++
      else failed.push(`status ${status}`)
    } catch (error) {
      if (error !== sendAgain) failed.push((error as Error).message)
    }
    await delay(pauseMs)
  }
  client.close()
  return { answered, failed }
}

function http1Client (get: (options: object, done: (response: IncomingMessage) => void) => http.ClientRequest, options: http.RequestOptions): Client {
  return {
    ask: async () => await new Promise((resolve, reject) => {
      get(options, response => {
        response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject).resume()
      }).on('error', reject)
    }),
    close () { if (typeof options.agent === 'object') options.agent.destroy() }
  }
}

/** The server has refused the stream before it did anything with it. */
const sendAgain = new Error('refused stream')

function http2Client (url: string, { servername, path }: Pick<LoadTarget, 'servername' | 'path'>): Client {
  let session: ClientHttp2Session | undefined
  const connected = () => {
    if (session === undefined || session.closed || session.destroyed) session = http2.connect(url, { servername, rejectUnauthorized: false }).on('error', () => {}) // its streams tell
    return session
  }
  return {
    ask: async () => await new Promise((resolve, reject) => {
      const stream = connected().request({ ':path': path, ':authority': servername })
      let status: number | undefined
      stream.on('response', headers => { status = headers[':status'] })
      stream.on('error', () => {}) // its close tells
      stream.on('close', () => {
        if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) reject(sendAgain)
        else if (status === undefined || stream.rstCode !== 0) reject(new Error(`stream closed with code ${stream.rstCode}`))
        else resolve(status)
      })
      stream.resume().end()
    }),
    close () { session?.close() }
  }
}

function sum (numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
