import { loadPlugins, startPrimaryPlugins, type PluginCatalog, type StartedPrimaryPlugins } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import type { PluginList } from '../ipc/messages.ts'
import { pluginListOf } from './plugin-entries.ts'

/** The plugins in the primary: what the Admin API knows of them, and what a machine runs once. */
export class PrimaryPlugins {
  readonly #log: Logger
  readonly #collectMetrics: () => Promise<string>
  #catalog: PluginCatalog
  #started: StartedPrimaryPlugins | undefined
  #list: PluginList

  private constructor (list: PluginList, catalog: PluginCatalog, log: Logger, collectMetrics: () => Promise<string>) {
    this.#list = list
    this.#catalog = catalog
    this.#log = log
    this.#collectMetrics = collectMetrics
  }

  /** @param listed - the plugins to load, undefined for those of config.yaml */
  static async load (loaded: LoadedConfig, listed: readonly string[] | undefined, log: Logger, collectMetrics: () => Promise<string>): Promise<PrimaryPlugins> {
    const list = await pluginListOf(loaded, listed, 1, log)
    return new PrimaryPlugins(list, await loadPlugins(list.entries, { ...list, log }), log, collectMetrics)
  }

  get catalog (): PluginCatalog { return this.#catalog }

  /** What the workers are told to load. */
  get list (): PluginList { return this.#list }

  async start (): Promise<void> {
    this.#started = await startPrimaryPlugins(this.#catalog, { log: this.#log, collectMetrics: this.#collectMetrics })
  }

  /** The old ones are stopped before the new ones start: a machine has each port once. */
  async reload (loaded: LoadedConfig, listed: readonly string[] | undefined): Promise<void> {
    this.#list = await pluginListOf(loaded, listed, this.#list.version + 1, this.#log)
    this.#catalog = await loadPlugins(this.#list.entries, { ...this.#list, log: this.#log })
    if (this.#started === undefined) return // it was never asked to start
    await this.#started.close()
    await this.start()
  }

  async close (): Promise<void> {
    await this.#started?.close()
  }
}
