import type { StoreEvent } from '@clinch/store'
import type { Logger } from 'pino'
import { loadConfig } from '../config/load-config.ts'
import { servesAdmin } from '../config/serves-admin.ts'
import type { ConfigChanges, CurrentConfig } from './current-config.ts'
import type { MachineParts } from './machine-parts.ts'
import type { PrimaryPlugins } from './plugin-host.ts'
import { pluginListChange } from './plugin-list.ts'
import type { WorkerPool } from './worker-pool/worker-pool.ts'

export interface PluginReloadsOptions {
  readonly config: CurrentConfig
  readonly plugins: PrimaryPlugins
  readonly machine: MachineParts
  readonly pool: WorkerPool
  /** The names to load in place of those of config.yaml: of a file, a request or a control plane. */
  readonly listed: readonly string[] | undefined
  readonly log: Logger
}

/** Loads the plugins anew, in the primary and then in every worker; one time after the other. */
export class PluginReloads {
  readonly #options: PluginReloadsOptions
  readonly #listeners: Array<() => void> = []
  #listed: readonly string[] | undefined
  #reloading: Promise<void> = Promise.resolve()

  constructor (options: PluginReloadsOptions) {
    this.#options = options
    this.#listed = options.listed
  }

  /** Called whenever the primary has loaded them, before the workers do. */
  onLoaded (listener: () => void): void {
    this.#listeners.push(listener)
  }

  /**
   * Re-reads config.yaml and loads the plugins that it lists; resolves when they are in force. A file that cannot be read
   * or is wrong rejects and changes nothing.
   */
  async reload (): Promise<ConfigChanges> {
    return await this.#inTurn(async () => {
      const { config, log } = this.#options
      const changes = config.replace(await loadConfig(config.loaded.file, process.env))
      if (changes.waiting.length > 0) log.warn({ properties: changes.waiting }, 'config.yaml was changed where it takes effect after a restart')
      await this.#load()
      return changes
    })
  }

  /** Loads the plugins that were listed, or those of config.yaml, unless they are what is loaded. */
  async use (names: readonly string[] | undefined): Promise<void> {
    await this.#inTurn(async () => {
      if (JSON.stringify(names) === JSON.stringify(this.#listed)) return
      this.#listed = names
      await this.#load()
    })
  }

  /** With an Admin API of its own a machine loads what its config.yaml says (admin-api.md 6.3). */
  follow (events: readonly StoreEvent[], prefix: string): void {
    const { config, log } = this.#options
    const change = servesAdmin(config.config) ? undefined : pluginListChange(events, prefix)
    if (change === undefined) return
    this.use(change.names).catch((err: unknown) => log.error({ err }, 'the plugins that the control plane lists could not be loaded'))
  }

  async #load (): Promise<void> {
    const { config, plugins, machine, pool, log } = this.#options
    await plugins.reload(config.loaded, this.#listed)
    const { list, catalog } = plugins
    for (const listener of this.#listeners) listener()
    machine.use(catalog)
    pool.broadcast({ kind: 'plugins', plugins: list })
    await pool.pluginsLoaded(list.version)
    machine.retain(catalog)
    log.info({ plugins: catalog.list.map(({ plugin }) => plugin.name), version: list.version }, 'plugins reloaded')
  }

  async #inTurn<T> (job: () => Promise<T>): Promise<T> {
    const turn = this.#reloading.then(job)
    this.#reloading = turn.then(() => {}, () => {}) // whoever asked is told
    return await turn
  }
}
