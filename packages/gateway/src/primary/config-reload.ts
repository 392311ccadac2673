import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'
import type { ConfigChanges, CurrentConfig } from './current-config.ts'
import type { WorkerPool } from './worker-pool/worker-pool.ts'
import { termsOf } from './workers.ts'

export interface ConfigReloadOptions {
  readonly config: CurrentConfig
  readonly pool: WorkerPool
  /** Re-reads config.yaml and loads its plugins; rejects with the reason why everything stays as it was. */
  readonly reloadPlugins: () => Promise<ConfigChanges>
  /** Does what the primary does by itself with a configuration that is another. */
  readonly onChange: (config: Config) => void
  readonly servesTraffic: boolean
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

/**
 * Puts config.yaml in force without losing a connection: what the primary reads is replaced, and then the workers, one by
 * one. One reload follows the other, and those who ask while one is waiting for its turn share it.
 */
export class ConfigReload {
  readonly #options: ConfigReloadOptions
  #running: Promise<unknown> = Promise.resolve()
  #waiting: Promise<ConfigChanges> | undefined
  #last: { readonly isGood: boolean, readonly goodMs: number }

  constructor (options: ConfigReloadOptions) {
    this.#options = options
    this.#last = { isGood: true, goodMs: options.now() }
  }

  /** How the last one went, and when the last good one ended (epoch milliseconds); the start counts. */
  get last (): { readonly isGood: boolean, readonly goodMs: number } { return this.#last }

  /** Resolves when every worker has the file as it is now. Rejects with the reason; what serves goes on. */
  async reload (): Promise<ConfigChanges> {
    this.#waiting ??= this.#inTurn(async () => {
      this.#waiting = undefined // whoever asks from here on may have changed the file
      return await this.#reload()
    })
    return await this.#waiting
  }

  /** Replaces the workers, with the configuration as it is in force. */
  async renew (): Promise<void> {
    await this.#inTurn(async () => {
      await this.#renew().catch((err: unknown) => {
        this.#options.log.error({ reason: (err as Error).message }, 'the workers could not be replaced, what serves goes on')
        throw err
      })
    })
  }

  async #reload (): Promise<ConfigChanges> {
    const { config, reloadPlugins, onChange, log } = this.#options
    try {
      const changes = await reloadPlugins()
      onChange(config.config)
      await this.#renew()
      this.#last = { isGood: true, goodMs: this.#options.now() }
      log.info({ properties: changes.changed }, 'config.yaml is in force')
      return changes
    } catch (err) {
      this.#last = { ...this.#last, isGood: false }
      log.error({ reason: (err as Error).message }, 'config.yaml could not be put in force, what serves goes on')
      throw err
    }
  }

  async #renew (): Promise<void> {
    const { config, pool, servesTraffic } = this.#options
    if (servesTraffic) await pool.renew(termsOf(config.config))
  }

  async #inTurn<T> (job: () => Promise<T>): Promise<T> {
    const turn = this.#running.then(job)
    this.#running = turn.catch(() => {}) // whoever asked is told
    return await turn
  }
}
