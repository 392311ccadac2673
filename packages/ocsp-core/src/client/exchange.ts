import { Client, type Dispatcher } from 'undici'
import { connectPinned, connector } from './connect.ts'
import { connectionFailure } from './connection-failure.ts'
import { connectThrough, forwarded } from './egress-proxy.ts'
import { type AskFailure, failed } from './failure.ts'
import { headFailure, type HeadRules } from './http-answer.ts'
import { httpHints, type HttpHints } from './http-hints.ts'
import type { HttpQuestion } from './http-question.ts'
import type { ResolvedAddress } from './resolve.ts'
import { openSocket } from './socket.ts'
import { unlessAborted } from './unless-aborted.ts'

export interface AskAnswer extends HttpHints {
  readonly kind: 'answer'
  /** The body as it came; nothing is known of it but its size. */
  readonly der: Buffer
}

export interface ExchangeOptions extends HeadRules {
  readonly question: HttpQuestion
  /** Connect to these and to no others; undefined when a proxy does the connecting. */
  readonly addresses: readonly ResolvedAddress[] | undefined
  readonly egressProxy: string | undefined
  readonly ca: string | string[] | undefined
  readonly signal: AbortSignal
  readonly nowMs: number
}

const maxHeaderBytes = 16 * 1024

/**
 * One question over a connection of its own: whatever happens, the connection is gone when this returns. Redirects are
 * not followed, codings not decoded, cookies not kept. Rejects only when `signal` aborts.
 */
export async function exchange (options: ExchangeOptions): Promise<AskAnswer | AskFailure> {
  const { maxBytes, signal, nowMs } = options
  const { client, question } = route(options)
  try {
    const response = await unlessAborted(client.request({ ...question, body: question.body, signal }), signal)
    const failure = headFailure(response.statusCode, response.headers, options, nowMs)
    if (failure !== undefined) return discard(response, failure)
    const body = await readBody(response, maxBytes, signal)
    return Buffer.isBuffer(body) ? { kind: 'answer', der: body, ...httpHints(response.headers) } : body
  } catch (error) {
    signal.throwIfAborted()
    return connectionFailure(error)
  } finally {
    await client.destroy().catch(() => {})
  }
}

// The deadline is the signal's alone: 0 turns undici's own timeouts off.
const limits = { headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: maxHeaderBytes, allowH2: false } as const

function route ({ question, addresses, egressProxy, ca, signal }: ExchangeOptions): { client: Client, question: HttpQuestion } {
  const options = { url: new URL(question.origin), ca: ca === undefined ? undefined : [ca].flat(), signal }
  if (egressProxy === undefined) return { question, client: new Client(question.origin, { ...limits, connect: connector(async () => await connectPinned(addresses ?? [], options)) }) }
  const proxy = new URL(egressProxy)
  if (options.url.protocol === 'https:') return { question, client: new Client(question.origin, { ...limits, connect: connector(async () => await connectThrough(proxy, options)) }) }
  return { question: forwarded(question, proxy), client: new Client(proxy.origin, { ...limits, connect: connector(async () => await openSocket({ ...options, url: proxy })) }) }
}

async function readBody (response: Dispatcher.ResponseData, maxBytes: number, signal: AbortSignal): Promise<Buffer | AskFailure> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) { // undici reads bodies as buffers unless told otherwise
      size += chunk.length
      if (size > maxBytes) return failed('OCSP_ERR_TOO_LARGE', `more than ${maxBytes} octets`)
      chunks.push(chunk)
    }
  } catch {
    signal.throwIfAborted()
    return failed('OCSP_ERR_BODY_INCOMPLETE', 'the body is cut off')
  }
  return size === 0 ? failed('OCSP_ERR_BODY_INCOMPLETE', 'empty body') : Buffer.concat(chunks, size)
}

function discard (response: Dispatcher.ResponseData, failure: AskFailure): AskFailure {
  response.body.on('error', () => {}).destroy()
  return failure
}
