import type { ReadyUpstream } from '../upstream/compiled-upstream.ts'
import type { Wanted } from '../upstream/connection-pool.ts'
import type { Target } from '../upstream/upstream-nodes.ts'
import type { AttemptFigures } from './attempt-figures.ts'
import { Attempt, type AttemptRequest, type AttemptSink } from './attempt.ts'
import { GrpcAttempt } from './grpc-attempt.ts'
import { TrailingAttempt } from './trailing-attempt.ts'

/** One try to have a node answer a request, whatever is spoken with it. */
export interface NodeAttempt {
  readonly node: Target
  readonly figures: AttemptFigures
  /** Bytes of the request may have reached the node. */
  readonly wasSent: boolean
  /** The connection had carried a request before: the node may have closed it without having seen this one. */
  readonly usedOldConnection: boolean
  send (request: AttemptRequest): void
  pause (): void
  resume (): void
  /** Gives the request up; nothing is told any more. */
  abort (): void
}

export interface AttemptOptions {
  readonly upstream: ReadyUpstream
  /** `Host` of the request. */
  readonly host: string
  /** Over a new connection, whatever idle ones there are. */
  readonly isFresh: boolean
  /** Trailers may follow the body. */
  readonly hasTrailers: boolean
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export function createAttempt (sink: AttemptSink, node: Target, { upstream, host, isFresh, hasTrailers, clock }: AttemptOptions): NodeAttempt {
  const isTls = upstream.scheme === 'https' || upstream.scheme === 'grpcs'
  const wanted: Wanted = { name: isTls ? nameOf(host) : '', connectTimeoutMs: upstream.connectTimeoutMs }
  const { pool } = node
  if (pool.kind === 'http2') return new GrpcAttempt(sink, node, isFresh ? pool.takeFresh(wanted) : pool.take(wanted), isTls, clock)
  if (hasTrailers) return new TrailingAttempt(sink, node, pool, wanted, clock)
  return new Attempt(sink, node, isFresh ? pool.takeFresh(wanted) : pool.take(wanted), pool, clock)
}

// `Host` without its port: what TLS calls the other end.
function nameOf (host: string): string {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d*$/, '')
  return name.toLowerCase()
}
