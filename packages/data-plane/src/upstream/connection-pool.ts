import { Client } from 'undici'
import { dial, type Dialed } from './dial.ts'
import { UpstreamTls, type UpstreamTlsMakings, type UpstreamTlsOptions } from './tls/upstream-tls.ts'

export interface PoolOptions {
  /** An address and a port; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** How many idle connections are kept, how long, and for how many requests each. */
  readonly idleConnections: number
  readonly idleTimeoutMs: number
  readonly requestsPerConnection: number
  /** Undefined for plain connections. */
  readonly tls: UpstreamTlsOptions | undefined
}

/** What a new connection is made for. */
export interface Wanted {
  /** What the upstream is called, without a port: the SNI, and what its certificate has to be for. Empty without TLS. */
  readonly name: string
  readonly connectTimeoutMs: number
}

/** One connection to a node, for one request at a time. */
export interface Lease {
  readonly client: Client
  readonly name: string
  /** The connection has carried a request before, so the node may just have closed it. */
  used: boolean
  /** No new request is sent over it from then on: epoch milliseconds. */
  untilMs: number
}

/**
 * The connections to one node. undici's own Pool never closes an idle connection for there being too many and looks
 * at all of them to find a free one; here the free ones are a stack, so the busiest stay warm and the others expire.
 */
export class ConnectionPool {
  readonly kind = 'http1'
  readonly #options: PoolOptions
  readonly #makings: UpstreamTlsMakings
  readonly #tls: UpstreamTls | undefined
  readonly #idle: Lease[] = []
  readonly #busy = new Set<Lease>()
  #closed = false

  constructor (options: PoolOptions, makings: UpstreamTlsMakings) {
    this.#options = options
    this.#makings = makings
    this.#tls = options.tls === undefined ? undefined : new UpstreamTls(options.tls, makings)
  }

  take (wanted: Wanted): Lease {
    const lease = (this.#tls === undefined ? this.#idle.pop() : this.#takeNamed(wanted.name)) ?? this.#open(wanted)
    this.#busy.add(lease)
    return lease
  }

  /** A connection no idle one stands in for: after one that the node had closed. */
  takeFresh (wanted: Wanted): Lease {
    const lease = this.#open(wanted)
    this.#busy.add(lease)
    return lease
  }

  /** A connection that is neither kept nor counted. `done` is called once. */
  dial ({ name, connectTimeoutMs }: Wanted, done: Dialed): void {
    const { host, port } = this.#options
    dial({ host, port, timeoutMs: connectTimeoutMs, tls: this.#tls, name }, done)
  }

  /** The request is over; what undici did to the connection is undici's to know. */
  giveBack (lease: Lease): void {
    if (!this.#busy.delete(lease)) return
    lease.used = true
    if (this.#closed) return retire(lease)
    this.#idle.push(lease)
    if (this.#idle.length > this.#options.idleConnections) retire(this.#idle.shift())
  }

  /** The request was given up, or its connection became a tunnel's. */
  drop (lease: Lease): void {
    if (this.#busy.delete(lease)) lease.client.destroy(null).catch(ignore)
  }

  /** Idle connections end now, the others with their requests; resolves when the idle ones have. */
  async close (): Promise<void> {
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map(async ({ client }) => { await client.close() }))
  }

  #takeNamed (name: string): Lease | undefined {
    const nowMs = this.#makings.now()
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      const lease = this.#idle[at]
      if (lease?.name !== name) continue
      this.#idle.splice(at, 1)
      if (nowMs < lease.untilMs) return lease
      retire(lease)
    }
    return undefined
  }

  #open (wanted: Wanted): Lease {
    const { name } = wanted
    const { host, port, idleTimeoutMs, requestsPerConnection } = this.#options
    const client = new Client(`${this.#tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`, {
      connect: (_options, callback) => this.dial(wanted, (err, socket, untilMs) => {
        lease.untilMs = untilMs
        if (socket === null) callback(err ?? new Error('no connection'), null)
        else callback(null, socket)
      }),
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: idleTimeoutMs,
      maxRequestsPerClient: requestsPerConnection
    })
    const lease: Lease = { client, name, used: false, untilMs: Infinity }
    client.on('disconnect', () => this.#forget(lease))
    return lease
  }

  // An idle connection that ended: nothing is left that would be worth keeping.
  #forget (lease: Lease): void {
    const at = this.#idle.indexOf(lease)
    if (at !== -1) retire(this.#idle.splice(at, 1)[0])
  }
}

// Its request, if it still has one, may end first.
function retire (lease: Lease | undefined): void {
  lease?.client.close().catch(ignore)
}

function ignore (): void {}
