import { Pool } from 'undici'
import { PluginError } from '../../errors.ts'

export interface LogServerOptions {
  readonly uri: string
  readonly auth_header?: string
  /** Seconds for an answer, connecting included. */
  readonly timeout: number
  readonly concat_method: 'json' | 'new_line'
  readonly ssl_verify: boolean
  readonly batch_max_size: number
}

const maxConnections = 8

/** The HTTP server that takes the entries of one configuration. */
export class LogServer {
  readonly isSecure: boolean
  readonly #options: LogServerOptions
  readonly #pool: Pool
  readonly #path: string

  constructor (options: LogServerOptions) {
    const { protocol, origin, pathname, search } = new URL(options.uri)
    const timeoutMs = options.timeout * 1000
    this.#options = options
    this.#path = pathname + search
    this.isSecure = protocol === 'https:'
    this.#pool = new Pool(origin, {
      connections: maxConnections, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs, rejectUnauthorized: options.ssl_verify }
    })
  }

  /**
   * @param entries - JSON texts
   * @throws PluginError `PLUGIN_ERR_LOG_SERVER` when the answer is 400 or above; what undici throws when there is none in time
   */
  async send (entries: readonly string[]): Promise<void> {
    const { auth_header: authorization, timeout } = this.#options
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: { 'content-type': this.#isJson ? 'application/json' : 'text/plain', ...(authorization === undefined ? {} : { authorization }) },
      body: this.#join(entries),
      signal: AbortSignal.timeout(timeout * 1000)
    })
    await body.dump()
    if (statusCode >= 400) throw new PluginError('PLUGIN_ERR_LOG_SERVER', `the log server answered ${statusCode}`)
  }

  async close (): Promise<void> {
    await this.#pool.close()
  }

  get #isJson (): boolean { return this.#options.concat_method === 'json' }

  #join (entries: readonly string[]): string {
    if (!this.#isJson) return entries.join('\n')
    return this.#options.batch_max_size === 1 ? entries.join() : `[${entries.join()}]`
  }
}
