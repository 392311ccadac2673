import { connect, type Socket } from 'node:net'
import { errors } from 'undici'
import type { UpstreamTls } from './tls/upstream-tls.ts'

export interface DialOptions {
  /** An address. */
  readonly host: string
  readonly port: number
  /** Until the connection can be used, TLS included. */
  readonly timeoutMs: number
  /** Undefined for plain connections. */
  readonly tls: UpstreamTls | undefined
  /** What the upstream is called, without a port; for TLS. */
  readonly name: string
}

/** `untilMs`: for how long new requests may be sent over it, epoch milliseconds. */
export type Dialed = (err: Error | null, socket: Socket | null, untilMs: number) => void

const keepAliveDelayMs = 60_000

/** Opens a connection to a node. `done` is called once. */
export function dial ({ host, port, timeoutMs, tls, name }: DialOptions, done: Dialed): void {
  let isDone = false
  const timer = setTimeout(() => fail(new errors.ConnectTimeoutError(`no connection to ${host}:${port} within ${timeoutMs} ms`)), timeoutMs)
  const succeed = (untilMs: number): void => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    done(null, socket, untilMs)
  }
  const fail = (err: Error): void => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    socket.destroy()
    done(err, null, 0)
  }
  const plain = { host, port, highWaterMark: plainReadBytes } // net hands it to its stream, which the types do not know
  const socket: Socket = tls === undefined
    ? connect(plain).once('connect', () => succeed(Infinity))
    : tls.connect(host, port, name, (err, secured) => secured === undefined ? fail(err ?? new Error('no connection')) : succeed(secured.untilMs))
  socket.setNoDelay(true).setKeepAlive(true, keepAliveDelayMs)
  socket.on('error', fail).once('close', () => fail(new Error('closed before it could be used'))) // undici listens only a moment later
}

const plainReadBytes = 65_536
