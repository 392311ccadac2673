import { connect, type ClientHttp2Session } from 'node:http2'
import type { PoolOptions, Wanted } from '../connection-pool.ts'
import { dial } from '../dial.ts'
import { UpstreamTls, type UpstreamTlsMakings } from '../tls/upstream-tls.ts'

/** Room for one request on a connection that others share. */
export interface SessionLease {
  /** Others were sent over the connection before this one, so the node may just have closed it. */
  readonly used: boolean
  /** Called once, with the session when it is there; it may be the connection that failed. */
  session (ready: (err: Error | null, session?: ClientHttp2Session) => void): void
  /** The request is over, however it ended. */
  giveBack (): void
}

/** The HTTP/2 connections to one node: each carries as many requests at once as the node takes. */
export class SessionPool {
  readonly kind = 'http2'
  readonly #options: PoolOptions
  readonly #tls: UpstreamTls | undefined
  readonly #now: () => number
  readonly #sessions = new Set<SharedSession>()
  #closed = false

  constructor (options: PoolOptions, makings: UpstreamTlsMakings) {
    this.#options = options
    this.#now = makings.now
    this.#tls = options.tls === undefined ? undefined : new UpstreamTls(options.tls, makings)
  }

  take (wanted: Wanted): SessionLease {
    const nowMs = this.#now()
    for (const shared of this.#sessions) if (shared.name === wanted.name && shared.hasRoom(nowMs)) return shared.lease()
    return this.takeFresh(wanted)
  }

  takeFresh ({ name, connectTimeoutMs }: Wanted): SessionLease {
    const { host, port, idleTimeoutMs, requestsPerConnection } = this.#options
    const shared = new SharedSession(name, { idleTimeoutMs, requestsPerConnection }, () => this.#sessions.delete(shared))
    this.#sessions.add(shared)
    const lease = shared.lease()
    dial({ host, port, timeoutMs: connectTimeoutMs, tls: this.#tls, name }, (err, socket, untilMs) => {
      if (socket === null) shared.failed(err ?? new Error('no connection'))
      else shared.connected(connect(unusedAuthority, { createConnection: () => socket, settings: { enablePush: false } }), untilMs)
    })
    if (this.#closed) shared.retire()
    return lease
  }

  /** Connections end with the last of their requests; resolves at once. */
  async close (): Promise<void> {
    this.#closed = true
    for (const shared of this.#sessions) shared.retire()
  }
}

// Each request names its own, and the connection is there already.
const unusedAuthority = 'http://upstream'

type Ready = (err: Error | null, session?: ClientHttp2Session) => void

/** As many as a node that has not said how many yet surely takes (RFC 9113 6.5.2). */
const streamsBeforeSettings = 100

class SharedSession {
  readonly name: string
  readonly #limits: Pick<PoolOptions, 'idleTimeoutMs' | 'requestsPerConnection'>
  readonly #onEnd: () => void
  #session: ClientHttp2Session | undefined
  #waiting: Ready[] = []
  #failure: Error | undefined
  #untilMs = Infinity
  #streams = 0
  #requests = 0
  #isRetired = false
  #idle: NodeJS.Timeout | undefined

  constructor (name: string, limits: Pick<PoolOptions, 'idleTimeoutMs' | 'requestsPerConnection'>, onEnd: () => void) {
    this.name = name
    this.#limits = limits
    this.#onEnd = onEnd
  }

  hasRoom (nowMs: number): boolean {
    if (this.#isRetired || nowMs >= this.#untilMs) return false
    return this.#streams < Math.min(this.#session?.remoteSettings?.maxConcurrentStreams ?? streamsBeforeSettings, 2 ** 31)
  }

  lease (): SessionLease {
    const used = this.#requests > 0 && this.#session !== undefined
    let isHeld = true
    clearTimeout(this.#idle)
    this.#streams++
    if (++this.#requests >= this.#limits.requestsPerConnection) this.retire()
    return {
      used,
      session: ready => {
        if (this.#failure !== undefined) ready(this.#failure)
        else if (this.#session === undefined) this.#waiting.push(ready)
        else ready(null, this.#session)
      },
      giveBack: () => {
        if (!isHeld) return
        isHeld = false
        if (--this.#streams === 0) this.#fellIdle()
      }
    }
  }

  connected (session: ClientHttp2Session, untilMs: number): void {
    this.#session = session
    this.#untilMs = untilMs
    session.on('goaway', () => this.retire())
    session.on('error', () => this.retire()) // its streams tell those who wait
    session.on('close', () => this.retire())
    for (const ready of this.#waiting.splice(0)) ready(null, session)
    if (this.#streams === 0) this.#fellIdle()
  }

  failed (err: Error): void {
    this.#failure = err
    this.retire()
    for (const ready of this.#waiting.splice(0)) ready(err)
  }

  /** Takes no more requests, and ends when it has none. */
  retire (): void {
    if (!this.#isRetired) {
      this.#isRetired = true
      this.#onEnd()
    }
    if (this.#streams === 0) this.#session?.close()
  }

  #fellIdle (): void {
    if (this.#isRetired) return this.retire()
    this.#idle = setTimeout(() => this.retire(), this.#limits.idleTimeoutMs)
    this.#idle.unref()
  }
}
