import { setTimeout as wait } from 'node:timers/promises'
import type { Services } from 'etcd3'
import type { AuthToken } from './auth-token.ts'
import type { Connection } from './connection.ts'
import { asStoreError, CallFailure, noneHealthy } from './errors.ts'
import { grpcStatus } from './grpc.ts'

export interface ClusterCall {
  readonly service: keyof typeof Services
  readonly method: string
  readonly request: object
  /** A read may be asked again anywhere; a write only if it surely was not sent, because it might be done twice. */
  readonly kind: 'read' | 'write'
  /** Instead of that of the cluster. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ClusterAnswer<T> {
  readonly answer: T
  readonly connection: Connection
}

type Outcome<T> =
  | ClusterAnswer<T> & { readonly kind: 'answered' }
  /** Nobody did anything; one failure for each member. */
  | { readonly kind: 'failed', readonly failures: readonly CallFailure[] }

/** How long a call waits for a leader to be elected, which takes etcd one to two seconds unless it is told otherwise. */
const longestElectionMs = 3000
const betweenLooksMs = 100

/** The members as one: asks them in turn, the healthy ones first, and carries the token. */
export class Cluster {
  readonly #connections: readonly Connection[]
  readonly #token: AuthToken
  readonly #timeoutMs: number
  readonly #unhealthyMs: number
  readonly #failedMs = new Map<Connection, number>()
  #next = 0

  /** @param unhealthyMs - how long a member that failed is asked only after the others */
  constructor (connections: readonly Connection[], token: AuthToken, { timeoutMs, unhealthyMs }: { readonly timeoutMs: number, readonly unhealthyMs: number }) {
    this.#connections = connections
    this.#token = token
    this.#timeoutMs = timeoutMs
    this.#unhealthyMs = unhealthyMs
  }

  /** @throws StoreError; its cause is the CallFailure of the member that was asked last */
  async call<T> (call: ClusterCall): Promise<ClusterAnswer<T>> {
    const startMs = Date.now()
    const deadlineMs = startMs + (call.timeoutMs ?? this.#timeoutMs)
    const electedByMs = Math.min(deadlineMs, startMs + longestElectionMs)
    for (;;) {
      const outcome = await this.#callInTurn<T>(call, deadlineMs)
      if (outcome.kind === 'answered') return outcome
      const { failures } = outcome
      if (!failures.some(failure => failure.isLeaderless) || Date.now() >= electedByMs) throw noneHealthy(failures)
      await wait(betweenLooksMs)
    }
  }

  async token (connection: Connection): Promise<string | undefined> {
    return await this.#token.get(connection, Date.now() + this.#timeoutMs)
  }

  /** The watch on this member fell silent or broke off. */
  leave (connection: Connection): void {
    this.#failedMs.set(connection, performance.now())
    connection.reconnect()
  }

  close (): void {
    for (const connection of this.#connections) connection.close()
  }

  async #callInTurn<T> (call: ClusterCall, deadlineMs: number): Promise<Outcome<T>> {
    const candidates = this.#inTurn()
    const failures: CallFailure[] = []
    for (const [index, connection] of candidates.entries()) {
      const leftMs = deadlineMs - Date.now()
      const shareMs = call.kind === 'read' ? leftMs / (candidates.length - index) : leftMs
      try {
        return { kind: 'answered', answer: await this.#callOne<T>(connection, call, Date.now() + shareMs), connection }
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error
        if (error.isUnavailable) this.#markFailed(connection, error)
        if (!error.isUnavailable || (call.kind === 'write' && error.wasSent)) throw asStoreError(error)
        failures.push(error)
      }
    }
    return { kind: 'failed', failures }
  }

  async #callOne<T> (connection: Connection, call: ClusterCall, deadlineMs: number): Promise<T> {
    const { service, method, request, signal } = call
    const token = await this.#token.get(connection, deadlineMs)
    try {
      return await connection.call<T>(service, method, request, { deadlineMs, token, signal })
    } catch (error) {
      if (!(error instanceof CallFailure && error.isStaleToken)) throw error
      await this.#token.forget(token)
      return await connection.call<T>(service, method, request, { deadlineMs, token: await this.#token.get(connection, deadlineMs), signal })
    }
  }

  #markFailed (connection: Connection, failure: CallFailure): void {
    if (failure.status === grpcStatus.deadlineExceeded) this.leave(connection)
    else this.#failedMs.set(connection, performance.now())
  }

  /** Round robin over the healthy members, then the others, the one that failed longest ago first. */
  #inTurn (): readonly Connection[] {
    const nowMs = performance.now()
    const turn = this.#next++ % this.#connections.length
    const rotated = [...this.#connections.slice(turn), ...this.#connections.slice(0, turn)]
    const failedAt = (connection: Connection): number => {
      const failedMs = this.#failedMs.get(connection)
      return failedMs === undefined || nowMs - failedMs > this.#unhealthyMs ? 0 : failedMs
    }
    return rotated.sort((one, other) => failedAt(one) - failedAt(other))
  }
}
