import { Pool } from 'undici'

/** Many clients of an Admin API, each with a connection of its own. */
export class AdminClient {
  readonly #pool: Pool
  readonly #key: string

  constructor (url: string, key: string) {
    this.#pool = new Pool(url, { connections: 64 })
    this.#key = key
  }

  async put (path: string, body: object): Promise<void> {
    await this.#request('PUT', path, JSON.stringify(body))
  }

  async get (path: string): Promise<string> {
    return await this.#request('GET', path, undefined)
  }

  async close (): Promise<void> {
    await this.#pool.close()
  }

  async #request (method: 'GET' | 'PUT', path: string, body: string | undefined): Promise<string> {
    const answer = await this.#pool.request({ method, path: `/apisix/admin/${path}`, headers: { 'x-api-key': this.#key }, ...(body === undefined ? {} : { body }) })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
    return text
  }
}
