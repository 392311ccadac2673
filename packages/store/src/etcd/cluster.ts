import type { Services } from 'etcd3'
import { StoreError } from '../errors.ts'
import type { AuthToken } from './auth-token.ts'
import type { Connection } from './connection.ts'
import { asStoreError, CallFailure } from './errors.ts'
import { grpcStatus } from './grpc.ts'

export interface ClusterCall {
  readonly service: keyof typeof Services
  readonly method: string
  readonly request: object
  /** A read may be asked again anywhere; a write only if it surely was not sent, because it might be done twice. */
  readonly kind: 'read' | 'write'
  readonly signal?: AbortSignal
}

export interface ClusterAnswer<T> {
  readonly answer: T
  readonly connection: Connection
}

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
    const deadlineMs = Date.now() + this.#timeoutMs
    const candidates = this.#inTurn()
    let failure: CallFailure | undefined
    for (const [index, connection] of candidates.entries()) {
      const leftMs = deadlineMs - Date.now()
      const shareMs = call.kind === 'read' ? leftMs / (candidates.length - index) : leftMs
      try {
        return { answer: await this.#callOne<T>(connection, call, Date.now() + shareMs), connection }
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error
        failure = error
        if (error.isUnavailable) this.#markFailed(connection, error)
        if (!error.isUnavailable || (call.kind === 'write' && error.wasSent)) throw asStoreError(error)
      }
    }
    if (candidates.length === 1 && failure !== undefined) throw asStoreError(failure)
    throw new StoreError('STORE_ERR_UNAVAILABLE', { cause: failure, detail: 'has no healthy etcd endpoint available' })
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
