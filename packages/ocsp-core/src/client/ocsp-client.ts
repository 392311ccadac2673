import { checkedAddresses, checkedUrl } from './checked-url.ts'
import { connectionFailure } from './connection-failure.ts'
import { type AskAnswer, exchange } from './exchange.ts'
import { type AskFailure, failed } from './failure.ts'
import type { UrlGuard } from './guard.ts'
import type { HeadRules } from './http-answer.ts'
import { httpDownload, type HttpQuestion, httpQuestion } from './http-question.ts'
import { createResolve, type Resolve, type ResolverOptions, systemResolve } from './resolve.ts'
import { defaultMaxResponseBytes } from '../response/policy.ts'

export interface OcspClientOptions {
  /** For the whole exchange, name resolution to last octet. */
  readonly deadlineMs: number
  readonly maxResponseBytes?: number | undefined
  /** `http://proxy:3128`; judging addresses is then the proxy's duty. */
  readonly egressProxy?: string | undefined
  /** PEM certificates that `https` responders are verified with, in place of the built-in ones. */
  readonly ca?: string | readonly string[] | undefined
  readonly resolver?: ResolverOptions | undefined
  /** For URLs out of client certificates, where a question brings no guard of its own. */
  readonly guard?: UrlGuard | undefined
  /** In place of the system's resolution and of `resolver`. */
  readonly resolve?: Resolve | undefined
  readonly now?: (() => number) | undefined
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  /** In place of the client's. */
  readonly deadlineMs?: number | undefined
  /** `true`: the URL comes from outside and must pass the client's guard; or a guard in its place. */
  readonly guarded?: boolean | UrlGuard | undefined
}

export interface AskOptions extends DownloadOptions {
  /** A request with a nonce is never a GET. */
  readonly nonceUsed?: boolean | undefined
  readonly noCache?: boolean | undefined
}

export interface OcspClient {
  readonly deadlineMs: number
  /** Never rejects: what goes wrong is `failed` with a code. */
  ask (url: string, request: Buffer, options?: AskOptions): Promise<AskAnswer | AskFailure>
  /** Breaks off what is under way and waits for its end. May be called twice. */
  close (): Promise<void>
}

export interface Downloader {
  /** What stands at a URL, of any type and up to `maxBytes`. Never rejects: what goes wrong is `failed` with a code. */
  download (url: string, maxBytes: number, options?: DownloadOptions): Promise<AskAnswer | AskFailure>
}

const responseType = 'application/ocsp-response'
const crlTypes = 'application/pkix-crl, */*;q=0.1'

/**
 * The one part of the package that does I/O: asks responders over HTTP by section 4 of the rules, and fetches CRLs by the
 * same ones.
 */
export function createOcspClient (options: OcspClientOptions): OcspClient & Downloader {
  const now = options.now ?? Date.now
  const resolve = options.resolve ?? (options.resolver === undefined ? systemResolve : createResolve(options.resolver, now))
  const closing = new AbortController()
  const underWay = new Set<Promise<unknown>>()

  async function send (text: string, questionAt: (url: URL) => HttpQuestion, rules: HeadRules, askOptions: DownloadOptions): Promise<AskAnswer | AskFailure> {
    const judged = checkedUrl(text, askOptions.guarded ?? false, options.guard)
    if (judged.kind === 'refused') return failed('OCSP_ERR_URL_REFUSED', judged.detail)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), askOptions.deadlineMs ?? options.deadlineMs)
    const signal = AbortSignal.any([deadline.signal, closing.signal, ...(askOptions.signal === undefined ? [] : [askOptions.signal])])
    try {
      signal.throwIfAborted()
      const addresses = options.egressProxy === undefined ? await checkedAddresses(judged, resolve, signal) : undefined
      if (addresses !== undefined && 'code' in addresses) return addresses
      return await exchange({
        ...rules,
        question: questionAt(judged.url),
        addresses,
        egressProxy: options.egressProxy,
        ca: typeof options.ca === 'string' ? options.ca : options.ca?.slice(),
        signal,
        nowMs: now()
      })
    } catch (error) {
      if (signal.aborted) return failed('OCSP_ERR_RESPONDER_TIMEOUT', deadline.signal.aborted ? 'timeout' : 'aborted')
      return connectionFailure(error)
    } finally {
      clearTimeout(timer)
    }
  }

  function track<Result> (work: Promise<Result>): Promise<Result> {
    const tracked = work.finally(() => underWay.delete(tracked))
    underWay.add(tracked)
    return tracked
  }

  return {
    deadlineMs: options.deadlineMs,
    async ask (url, request, askOptions = {}) {
      const rules = { contentType: responseType, maxBytes: options.maxResponseBytes ?? defaultMaxResponseBytes }
      return await track(send(url, at => httpQuestion(at, request, askOptions), rules, askOptions))
    },
    async download (url, maxBytes, downloadOptions = {}) {
      return await track(send(url, at => httpDownload(at, crlTypes), { contentType: undefined, maxBytes }, downloadOptions))
    },
    async close () {
      closing.abort()
      await Promise.allSettled(underWay)
    }
  }
}
