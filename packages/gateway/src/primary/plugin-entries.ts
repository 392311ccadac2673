import { loadPlugins } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import type { PluginList } from '../ipc/messages.ts'

/**
 * What to load: the plugins of config.yaml, or those that are listed elsewhere.
 *
 * @param listed - names, undefined when there is no other list
 */
export async function pluginListOf (loaded: LoadedConfig, listed: readonly string[] | undefined, version: number, log: Logger): Promise<PluginList> {
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
