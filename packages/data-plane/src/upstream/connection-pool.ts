import { buildConnector, Client } from 'undici'

export interface PoolOptions {
  readonly origin: string
  readonly connectTimeoutMs: number
  /** How many idle connections are kept, how long, and for how many requests each. */
  readonly idleConnections: number
  readonly idleTimeoutMs: number
  readonly requestsPerConnection: number
  /** Undefined for plain connections. */
  readonly tls: PoolTls | undefined
}

export interface PoolTls {
  readonly verify: boolean
  readonly certPem: string | undefined
  readonly keyPem: string | undefined
}

/** One connection to a node, for one request at a time. */
export interface Lease {
  readonly client: Client
  /** What the connection's TLS names; empty for plain ones. */
  readonly serverName: string
  /** The connection has carried a request before, so the node may just have closed it. */
  used: boolean
}

/**
 * The connections to one node. undici's own Pool never closes an idle connection for there being too many and looks
 * at all of them to find a free one; here the free ones are a stack, so the busiest stay warm and the others expire.
 */
export class ConnectionPool {
  readonly #options: PoolOptions
  readonly #connect: buildConnector.connector
  readonly #idle: Lease[] = []
  readonly #busy = new Set<Lease>()
  #closed = false

  constructor (options: PoolOptions) {
    this.#options = options
    this.#connect = buildConnector({
      timeout: options.connectTimeoutMs,
      allowH2: false,
      ...(options.tls === undefined ? {} : tlsOptions(options.tls))
    })
  }

  /** @param serverName - the SNI; used where the connection is TLS */
  take (serverName: string): Lease {
    const lease = (this.#options.tls === undefined ? this.#idle.pop() : this.#takeNamed(serverName)) ?? this.#open(serverName)
    this.#busy.add(lease)
    return lease
  }

  /** A connection no idle one stands in for: after one that the node had closed. */
  takeFresh (serverName: string): Lease {
    const lease = this.#open(serverName)
    this.#busy.add(lease)
    return lease
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

  #takeNamed (serverName: string): Lease | undefined {
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      if (this.#idle[at]?.serverName === serverName) return this.#idle.splice(at, 1)[0]
    }
    return undefined
  }

  #open (serverName: string): Lease {
    const { origin, idleTimeoutMs, requestsPerConnection } = this.#options
    const client = new Client(origin, {
      connect: this.#connect,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: idleTimeoutMs,
      maxRequestsPerClient: requestsPerConnection
    })
    const lease: Lease = { client, serverName, used: false }
    client.on('disconnect', () => this.#forget(lease))
    return lease
  }

  // An idle connection that ended: nothing is left that would be worth keeping.
  #forget (lease: Lease): void {
    const at = this.#idle.indexOf(lease)
    if (at !== -1) retire(this.#idle.splice(at, 1)[0])
  }
}

function tlsOptions ({ verify, certPem, keyPem }: PoolTls): buildConnector.BuildOptions {
  return { rejectUnauthorized: verify, ...(certPem === undefined || keyPem === undefined ? {} : { cert: certPem, key: keyPem }) }
}

// Its request, if it still has one, may end first.
function retire (lease: Lease | undefined): void {
  lease?.client.close().catch(ignore)
}

function ignore (): void {}
