import type { Timeout, Upstream } from '@clinch/schema'
import { balancers } from './balancer/balancer.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { createNodePicker, type NodePicker } from './node-picker.ts'
import { normalizeNodes, type Node } from './node.ts'
import type { PoolHold, PoolSet } from './pool-set.ts'

/** An upstream that requests can be sent to, everything about it worked out beforehand. */
export interface ReadyUpstream {
  readonly kind: 'ready'
  readonly scheme: 'http' | 'https'
  readonly picker: NodePicker
  readonly passHost: Upstream['pass_host']
  /** For `pass_host: rewrite`. */
  readonly rewriteHost: string
  /** Attempts after the first. */
  readonly retries: number
  /** No new attempt when this much time has passed since the first; 0 for no limit. */
  readonly retryTimeoutMs: number
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  poolOf (node: Node): ConnectionPool
  close (): void
}

/** One that answers every request itself; `reason` is for the log. */
export interface UnusableUpstream {
  readonly kind: 'unusable'
  readonly status: number
  readonly reason: string
}

export type CompiledUpstream = ReadyUpstream | UnusableUpstream

export interface UpstreamMakings {
  readonly pools: PoolSet
  readonly random: () => number
}

const defaultTimeout: Timeout = { connect: 60, send: 60, read: 60 }
const defaultKeepalive = { size: 320, idle_timeout: 60, requests: 1000 }
const noLimitMs = 2 ** 31 - 1

/** @param routeTimeout - wins over the upstream's own */
export function compileUpstream (upstream: Upstream | undefined, routeTimeout: Timeout | undefined, { pools, random }: UpstreamMakings): CompiledUpstream {
  if (upstream === undefined) return unusable(503, 'missing upstream configuration in Route or Service')
  if (upstream.service_name !== undefined) return unusable(503, 'service discovery is not supported')
  const { scheme } = upstream
  if (scheme !== 'http' && scheme !== 'https') return unusable(503, `scheme ${scheme} is not supported`)
  if (upstream.tls?.client_cert_id !== undefined) return unusable(502, 'failed to get ssl cert: client_cert_id is not supported')
  const factory = Object.hasOwn(balancers, upstream.type) ? balancers[upstream.type] : undefined
  if (factory === undefined) return unusable(503, `unknown balancer type ${upstream.type}`)
  const nodes = normalizeNodes(upstream.nodes, scheme)
  if (nodes.length === 0) return unusable(503, 'no valid upstream node')
  const timeout = routeTimeout ?? upstream.timeout ?? defaultTimeout
  const holds = holdPools(nodes, upstream, timeout, pools)
  return {
    kind: 'ready',
    scheme,
    picker: createNodePicker(nodes, factory, random),
    passHost: upstream.pass_host,
    rewriteHost: upstream.upstream_host ?? '',
    retries: upstream.retries ?? nodes.length - 1,
    retryTimeoutMs: (upstream.retry_timeout ?? 0) * 1000,
    sendTimeoutMs: toMs(timeout.send),
    readTimeoutMs: toMs(timeout.read),
    poolOf (node) {
      const hold = holds.get(node)
      if (hold === undefined) throw new Error('a node of another upstream')
      return hold.pool
    },
    close () {
      for (const hold of holds.values()) hold.release()
    }
  }
}

function holdPools (nodes: readonly Node[], upstream: Upstream, timeout: Timeout, pools: PoolSet): Map<Node, PoolHold> {
  const keepalive = upstream.keepalive_pool ?? defaultKeepalive
  return new Map(nodes.map(node => [node, pools.hold({
    origin: `${upstream.scheme}://${node.address}`,
    connectTimeoutMs: toMs(timeout.connect),
    idleConnections: keepalive.size,
    idleTimeoutMs: keepalive.idle_timeout === 0 ? noLimitMs : toMs(keepalive.idle_timeout),
    requestsPerConnection: keepalive.requests,
    tls: upstream.scheme === 'https'
      ? { verify: upstream.tls?.verify ?? false, certPem: upstream.tls?.client_cert, keyPem: upstream.tls?.client_key }
      : undefined
  })]))
}

// Timers take whole milliseconds, and 0 would mean none.
function toMs (seconds: number): number {
  return Math.min(noLimitMs, Math.max(1, Math.round(seconds * 1000)))
}

function unusable (status: number, reason: string): UnusableUpstream {
  return { kind: 'unusable', status, reason: `failed to set upstream: ${reason}` }
}
