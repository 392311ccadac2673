import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnswerOptions, canonical, isOcspLie, isRefusal, type KnownStatus, type OcspLie, refusal, type Refusal, signedAnswer } from './ocsp-answers.ts'
import { type HttpLie, lieOverHttp } from './ocsp-lies.ts'
import { type ReadRequest, readRequest } from './ocsp-request.ts'
import { startRestartable } from './restartable-server.ts'

export type Lie = HttpLie | OcspLie | Refusal | { readonly body: Buffer }

export interface OcspResponderOptions extends AnswerOptions {
  /** Makes it an https responder. */
  readonly tls?: { readonly cert: string, readonly key: string } | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
}

export interface RecordedRequest {
  readonly method: string
  /** As it came, still encoded. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly der: Buffer
  /** undefined if the octets were no request. */
  readonly read: ReadRequest | undefined
  /** When it had come, as `performance.now()` tells it. */
  readonly atMs: number
}

type Serial = string | { readonly serialHex: string }

export interface OcspResponder {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly requests: readonly RecordedRequest[]
  /** How many requests have come. */
  readonly count: number
  /** How many were under way at once, at most. */
  readonly mostAtOnce: number
  set (serial: Serial, status: KnownStatus['status'] | KnownStatus): void
  revoke (serial: Serial, details?: { revokedAtMs?: number, reason?: number }): void
  /** From now on, for every request; undefined makes it honest again. */
  lie (lie: Lie | undefined): void
  /** The answers to the next requests, one lie each; undefined is an honest one. */
  lieOnce (...lies: readonly (Lie | undefined)[]): void
  /** From now on answers take this long. */
  delay (ms: number): void
  /** Takes requests and keeps them waiting. */
  hang (): void
  /** Answers everybody who waits, and all who come. */
  release (): void
  /** Refuses connections and breaks those there are. */
  stop (): Promise<void>
  /** Listens again, on the same port. */
  restart (): Promise<void>
  close (): Promise<void>
}

/** A real responder on a free port. Honest until told otherwise. */
export async function createOcspResponder (options: OcspResponderOptions): Promise<OcspResponder> {
  const { host = '127.0.0.1', tls } = options
  const known = new Map<string, KnownStatus>()
  const requests: RecordedRequest[] = []
  const once: (Lie | undefined)[] = []
  const waiting: (() => void)[] = []
  let standing: Lie | undefined
  let hanging = false
  let delayMs = 0
  let underWay = 0
  let mostAtOnce = 0

  const take = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const recorded = record(message, await readBody(message))
    requests.push(recorded)
    const lie = once.length > 0 ? once.shift() : standing
    mostAtOnce = Math.max(mostAtOnce, ++underWay)
    response.once('close', () => { underWay-- })
    if (delayMs > 0) await sleep(delayMs)
    if (hanging) await new Promise<void>(resolve => waiting.push(resolve))
    await answer(recorded, lie, response, options, known)
  }
  const listener: RequestListener = (message, response) => {
    message.on('error', () => {})
    take(message, response).catch(() => response.destroy())
  }

  const { port, stop, restart } = await startRestartable(() => {
    const server = tls === undefined ? createServer(listener) : createTlsServer({ ...tls }, listener)
    server.keepAliveTimeout = 1000
    return server
  }, { host, port: options.port ?? 0 })
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests,
    get count () { return requests.length },
    get mostAtOnce () { return mostAtOnce },
    set (serial, status) { known.set(hexOf(serial), typeof status === 'string' ? { status } : status) },
    revoke (serial, details) { known.set(hexOf(serial), { status: 'revoked', ...details }) },
    lie (lie) { standing = lie },
    lieOnce (...lies) { once.push(...lies) },
    delay (ms) { delayMs = ms },
    hang () { hanging = true },
    release () {
      hanging = false
      for (const go of waiting.splice(0)) go()
    },
    stop,
    restart,
    close: stop
  }
}

async function answer ({ read }: RecordedRequest, lie: Lie | undefined, response: ServerResponse, options: OcspResponderOptions, known: ReadonlyMap<string, KnownStatus>): Promise<void> {
  const send = (body: Buffer): unknown => response.writeHead(200, { 'content-type': 'application/ocsp-response', 'content-length': body.length, ...options.headers }).end(body)
  if (isRefusal(lie)) send(refusal(lie))
  else if (typeof lie === 'object' && 'body' in lie) send(lie.body)
  else if (read === undefined) send(refusal('malformedRequest'))
  else if (lie === undefined || isOcspLie(lie)) send(signedAnswer(read, lie, options, known))
  else await lieOverHttp(lie, signedAnswer(read, undefined, options, known), response)
}

function record ({ method = '', url = '', headers }: IncomingMessage, body: Buffer): RecordedRequest {
  const der = method === 'GET' ? Buffer.from(decodeURIComponent(url.slice(url.lastIndexOf('/') + 1)), 'base64') : body
  return { method, path: url, headers, der, read: readOrNothing(der), atMs: performance.now() }
}

function readOrNothing (der: Buffer): ReadRequest | undefined {
  try {
    return readRequest(der)
  } catch {
    return undefined
  }
}

async function readBody (message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer) // no encoding is set
  return Buffer.concat(chunks)
}

const hexOf = (serial: Serial): string => canonical(typeof serial === 'string' ? serial : serial.serialHex)
