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
  /** The same nodes and the same picker with the timeouts of a route; the upstream itself when there are none. */
  timed (timeout: Timeout | undefined): ReadyUpstream
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
  /** The `ssl` of type `client` of that id, its key in PEM; or the sentence that says why there is none. */
  readonly clientCertificate: (id: string) => ClientKeyPair | string
}

export interface ClientKeyPair {
  readonly certPem: string
  readonly keyPem: string
}

const defaultTimeout: Timeout = { connect: 60, send: 60, read: 60 }
const defaultKeepalive = { size: 320, idle_timeout: 60, requests: 1000 }
const noLimitMs = 2 ** 31 - 1

/**
 * @param upstream - its defaults filled in, its own `client_key` in PEM
 * @param timeout - of the one route that it is embedded in, which wins over its own
 */
export function compileUpstream (upstream: Upstream, timeout: Timeout | undefined, makings: UpstreamMakings): CompiledUpstream {
  if (upstream.service_name !== undefined) return unusable(503, 'service discovery is not supported')
  const { scheme } = upstream
  if (scheme !== 'http' && scheme !== 'https') return unusable(503, `scheme ${scheme} is not supported`)
  const clientKeyPair = clientKeyPairOf(upstream, makings)
  if (typeof clientKeyPair === 'string') return { kind: 'unusable', status: 502, reason: `failed to get ssl cert: ${clientKeyPair}` }
  const factory = Object.hasOwn(balancers, upstream.type) ? balancers[upstream.type] : undefined
  if (factory === undefined) return unusable(503, `unknown balancer type ${upstream.type}`)
  const nodes = normalizeNodes(upstream.nodes, scheme)
  if (nodes.length === 0) return unusable(503, 'no valid upstream node')
  const common = {
    kind: 'ready',
    scheme,
    picker: createNodePicker(nodes, factory, makings.random),
    passHost: upstream.pass_host,
    rewriteHost: upstream.upstream_host ?? '',
    retries: upstream.retries ?? nodes.length - 1,
    retryTimeoutMs: (upstream.retry_timeout ?? 0) * 1000
  } as const
  return timedUpstream(common, timeout ?? upstream.timeout ?? defaultTimeout, chosen => holdPools(nodes, upstream, chosen, clientKeyPair, makings.pools))
}

type Common = Omit<ReadyUpstream, 'sendTimeoutMs' | 'readTimeoutMs' | 'poolOf' | 'timed' | 'close'>

function timedUpstream (common: Common, timeout: Timeout, hold: (timeout: Timeout) => Map<Node, PoolHold>): ReadyUpstream {
  const holds = hold(timeout)
  const others = new Map<string, ReadyUpstream>()
  const upstream: ReadyUpstream = {
    ...common,
    sendTimeoutMs: toMs(timeout.send),
    readTimeoutMs: toMs(timeout.read),
    poolOf (node) {
      const held = holds.get(node)
      if (held === undefined) throw new Error('a node of another upstream')
      return held.pool
    },
    timed (other) {
      if (other === undefined) return upstream
      const key = `${other.connect} ${other.send} ${other.read}`
      const known = others.get(key) ?? timedUpstream(common, other, hold)
      others.set(key, known)
      return known
    },
    close () {
      for (const held of holds.values()) held.release()
      for (const other of others.values()) other.close()
    }
  }
  return upstream
}

function clientKeyPairOf ({ tls }: Upstream, { clientCertificate }: UpstreamMakings): ClientKeyPair | string | undefined {
  if (tls?.client_cert_id !== undefined) return clientCertificate(String(tls.client_cert_id))
  if (tls?.client_cert === undefined || tls.client_key === undefined) return undefined
  return { certPem: tls.client_cert, keyPem: tls.client_key }
}

function holdPools (nodes: readonly Node[], upstream: Upstream, timeout: Timeout, clientKeyPair: ClientKeyPair | undefined, pools: PoolSet): Map<Node, PoolHold> {
  const keepalive = upstream.keepalive_pool ?? defaultKeepalive
  return new Map(nodes.map(node => [node, pools.hold({
    origin: `${upstream.scheme}://${node.address}`,
    connectTimeoutMs: toMs(timeout.connect),
    idleConnections: keepalive.size,
    idleTimeoutMs: keepalive.idle_timeout === 0 ? noLimitMs : toMs(keepalive.idle_timeout),
    requestsPerConnection: keepalive.requests,
    tls: upstream.scheme === 'https'
      ? { verify: upstream.tls?.verify ?? false, certPem: clientKeyPair?.certPem, keyPem: clientKeyPair?.keyPem }
      : undefined
  })]))
}

// Timers take whole milliseconds, and 0 would mean none.
function toMs (seconds: number): number {
  return Math.min(noLimitMs, Math.max(1, Math.round(seconds * 1000)))
}

export function unusable (status: number, reason: string): UnusableUpstream {
  return { kind: 'unusable', status, reason: `failed to set upstream: ${reason}` }
}
