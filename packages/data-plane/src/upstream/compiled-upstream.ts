import type { Timeout, Upstream } from '@clinch/schema'
import { balancers } from './balancer/balancer.ts'
import { createHashKey } from './balancer/hash-key.ts'
import { createNodePicker } from './node-picker.ts'
import { normalizeNodes, type Node } from './node.ts'
import type { PoolHold } from './pool-set.ts'
import type { UpstreamTlsOptions } from './tls/upstream-tls.ts'
import type { UpstreamCommons } from './upstream-commons.ts'
import { UpstreamNodes, type Target } from './upstream-nodes.ts'

type Scheme = 'http' | 'https' | 'grpc' | 'grpcs'

/** An upstream that requests can be sent to, everything about it worked out beforehand. */
export interface ReadyUpstream {
  readonly kind: 'ready'
  readonly scheme: Scheme
  readonly nodes: UpstreamNodes
  readonly passHost: Upstream['pass_host']
  /** For `pass_host: rewrite`. */
  readonly rewriteHost: string
  /** Attempts after the first; undefined: as long as there are nodes that were not tried. */
  readonly retries: number | undefined
  /** No new attempt when this much time has passed since the first; 0 for no limit. */
  readonly retryTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly sendTimeoutMs: number
  readonly readTimeoutMs: number
  /** The same nodes and the same balancing with the timeouts of a route; the upstream itself when there are none. */
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
  readonly commons: UpstreamCommons
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
 * @param key - of the object that the upstream is, or that it stands in: `upstreams/1`
 * @param upstream - its defaults filled in, its own `client_key` in PEM
 * @param timeout - of the one route that it is embedded in, which wins over its own
 */
export function compileUpstream (key: string, upstream: Upstream, timeout: Timeout | undefined, { commons, clientCertificate }: UpstreamMakings): CompiledUpstream {
  if (upstream.service_name !== undefined) return unusable(503, 'service discovery is not supported')
  const { scheme } = upstream
  if (!isProxied(scheme)) return unusable(503, `scheme ${scheme} is not supported`)
  const createBalancer = Object.hasOwn(balancers, upstream.type) ? balancers[upstream.type] : undefined
  if (createBalancer === undefined) return unusable(503, `unknown balancer type ${upstream.type}`)
  const nodes = normalizeNodes(upstream.nodes, scheme)
  if (nodes.length === 0) return unusable(503, noValidNode)
  const outOfRange = nodes.find(({ port }) => port < 1 || port > 65535)
  if (outOfRange !== undefined) return unusable(503, `invalid port ${outOfRange.port}`)
  const clientKeyPair = clientKeyPairOf(upstream, clientCertificate)
  if (typeof clientKeyPair === 'string') return { kind: 'unusable', status: 502, reason: `failed to get ssl cert: ${clientKeyPair}` }
  const tls = scheme === 'https' || scheme === 'grpcs' ? tlsOf(upstream, clientKeyPair) : undefined
  const wrong = tls === undefined ? undefined : faultOf(tls, commons)
  if (wrong !== undefined) return unusable(503, wrong)
  const balancer = { key, random: commons.random, activeRequests: commons.activeRequests, latencies: commons.latencies, hashKey: createHashKey(upstream, commons.log) }
  const health = commons.health.check({ key, upstream, tls: { caPem: tls?.caPem, certPem: clientKeyPair?.certPem, keyPem: clientKeyPair?.keyPem } })
  const common = {
    kind: 'ready',
    scheme,
    nodes: new UpstreamNodes({
      nodes,
      names: commons.names,
      holdPool: node => holdPool(node, upstream, tls, commons),
      createPicker: targets => createNodePicker<Target>(targets, {
        createBalancer: group => createBalancer(group, balancer),
        isWell: target => health.isWell(target),
        onAllIll: () => commons.log.warn({ object: key }, 'all upstream nodes is unhealthy, use default'),
        balancesOne: upstream.type === 'least_conn'
      }),
      health
    }),
    passHost: upstream.pass_host,
    rewriteHost: upstream.upstream_host ?? '',
    retries: upstream.retries,
    retryTimeoutMs: (upstream.retry_timeout ?? 0) * 1000
  } as const
  return timedUpstream(common, timeout ?? upstream.timeout ?? defaultTimeout)
}

/** Nothing to send a request to: none is listed, or no name of them has an address. */
export const noValidNode = 'no valid upstream node'

export function unusable (status: number, reason: string): UnusableUpstream {
  return { kind: 'unusable', status, reason: `failed to set upstream: ${reason}` }
}

type Common = Omit<ReadyUpstream, 'connectTimeoutMs' | 'sendTimeoutMs' | 'readTimeoutMs' | 'timed' | 'close'>

function timedUpstream (common: Common, { connect, send, read }: Timeout): ReadyUpstream {
  const others = new Map<string, ReadyUpstream>()
  const upstream: ReadyUpstream = {
    ...common,
    connectTimeoutMs: toMs(connect),
    sendTimeoutMs: toMs(send),
    readTimeoutMs: toMs(read),
    timed (other) {
      if (other === undefined) return upstream
      const key = `${other.connect} ${other.send} ${other.read}`
      const known = others.get(key) ?? timedUpstream(common, other)
      others.set(key, known)
      return known
    },
    close: () => common.nodes.close()
  }
  return upstream
}

function isProxied (scheme: Upstream['scheme']): scheme is Scheme {
  return scheme === 'http' || scheme === 'https' || scheme === 'grpc' || scheme === 'grpcs'
}

function clientKeyPairOf ({ tls }: Upstream, clientCertificate: UpstreamMakings['clientCertificate']): ClientKeyPair | string | undefined {
  if (tls?.client_cert_id !== undefined) return clientCertificate(String(tls.client_cert_id))
  if (tls?.client_cert === undefined || tls.client_key === undefined) return undefined
  return { certPem: tls.client_cert, keyPem: tls.client_key }
}

function tlsOf ({ scheme, tls }: Upstream, clientKeyPair: ClientKeyPair | undefined): UpstreamTlsOptions {
  return {
    verify: tls?.verify ?? false,
    caPem: tls?.ca,
    certPem: clientKeyPair?.certPem,
    keyPem: clientKeyPair?.keyPem,
    ocsp: tls?.verify === true ? tls.ocsp ?? 'off' : 'off',
    alpn: scheme === 'grpcs' ? 'h2' : 'http/1.1'
  }
}

// Only what the upstream brings along is read here: a context costs more than most upstreams are worth before their first request.
function faultOf (tls: UpstreamTlsOptions, { contexts }: UpstreamCommons): string | undefined {
  if (tls.certPem === undefined && tls.caPem === undefined) return undefined
  try {
    contexts.of(tls)
    return undefined
  } catch (err) {
    return `failed to use the certificates of the upstream: ${(err as Error).message}`
  }
}

function holdPool ({ host, port }: Node, { scheme, keepalive_pool: keepalive = defaultKeepalive }: Upstream, tls: UpstreamTlsOptions | undefined, { pools }: UpstreamCommons): PoolHold {
  return pools.hold(scheme === 'grpc' || scheme === 'grpcs' ? 'http2' : 'http1', {
    host,
    port,
    idleConnections: keepalive.size,
    idleTimeoutMs: keepalive.idle_timeout === 0 ? noLimitMs : toMs(keepalive.idle_timeout),
    requestsPerConnection: keepalive.requests,
    tls
  })
}

// Timers take whole milliseconds, and 0 would mean none.
function toMs (seconds: number): number {
  return Math.min(noLimitMs, Math.max(1, Math.round(seconds * 1000)))
}
