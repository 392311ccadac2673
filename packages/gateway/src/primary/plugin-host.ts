import { loadPlugins, startPrimaryPlugins, type PluginCatalog, type StartedPrimaryPlugins } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import type { PluginList } from '../ipc/messages.ts'

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
    const list = await listOf(loaded, listed, 1, log)
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
    this.#list = await listOf(loaded, listed, this.#list.version + 1, this.#log)
    this.#catalog = await loadPlugins(this.#list.entries, { ...this.#list, log: this.#log })
    if (this.#started === undefined) return // it was never asked to start
    await this.#started.close()
    await this.start()
  }

  async close (): Promise<void> {
    await this.#started?.close()
  }
}

async function listOf (loaded: LoadedConfig, listed: readonly string[] | undefined, version: number, log: Logger): Promise<PluginList> {
  const { config, baseDir } = loaded
  const own = { version, entries: config.plugins ?? [], attrs: config.plugin_attr, baseDir }
  return listed === undefined ? own : { ...own, entries: await entriesFor(listed, own, log) }
}

// A list that came from elsewhere has names. Where a plugin of that name is on this machine, config.yaml says.
async function entriesFor (names: readonly string[], own: PluginList, log: Logger): Promise<string[]> {
  const { list } = await loadPlugins(own.entries, { ...own, log })
  const sources = new Map(list.filter(({ source }) => source !== 'built-in').map(({ plugin, source }) => [plugin.name, source]))
  return names.map(name => sources.get(name) ?? name)
}
