import type { IAuthenticateResponse } from 'etcd3'
import type { Connection } from './connection.ts'
import { CallFailure } from './errors.ts'

/** etcd forgets a token that was idle for five minutes. */
const renewAfterMs = 3 * 60 * 1000

export interface Login {
  readonly user: string
  readonly password: string
}

/** The token that stands for user and password. All members share it; one request for it serves all who wait. */
export class AuthToken {
  readonly #login: Login | undefined
  #token: Promise<string | undefined> | undefined
  #takenMs = 0

  /** @param login - undefined for a cluster without users; then there is never a token */
  constructor (login: Login | undefined) {
    this.#login = login
  }

  async get (connection: Connection, deadlineMs: number): Promise<string | undefined> {
    if (this.#login === undefined) return undefined
    const nowMs = performance.now()
    if (this.#token === undefined || nowMs - this.#takenMs > renewAfterMs) {
      this.#takenMs = nowMs
      const token = authenticate(connection, this.#login, deadlineMs)
      this.#token = token
      token.catch(() => this.#drop(token))
    }
    return await this.#token
  }

  /** The cluster refused this token. One that came in the meantime stays. */
  async forget (refused: string | undefined): Promise<void> {
    const current = this.#token
    if (current !== undefined && await current.catch(() => undefined) === refused) this.#drop(current)
  }

  #drop (token: Promise<string | undefined>): void {
    if (this.#token === token) this.#token = undefined
  }
}

/** @returns undefined if the cluster has its authentication switched off */
async function authenticate (connection: Connection, { user, password }: Login, deadlineMs: number): Promise<string | undefined> {
  try {
    const request = { name: user, password }
    return (await connection.call<IAuthenticateResponse>('Auth', 'authenticate', request, { deadlineMs })).token
  } catch (error) {
    if (error instanceof CallFailure && error.message.includes('authentication is not enabled')) return undefined
    throw error
  }
}
