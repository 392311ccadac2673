import type { Logger } from 'pino'
import { PluginError } from '../errors.ts'
import { buildCatalog } from './build-catalog.ts'
import type { LoadedPlugin, PluginCatalog } from './catalog.ts'
import { importPlugin } from './import-plugin.ts'
import { loadPlugin } from './load-plugin.ts'

export interface LoadOptions {
  /** Where relative paths start and npm packages are looked for. */
  readonly baseDir: string
  /** `plugin_attr` of config.yaml. */
  readonly attrs: Readonly<Record<string, unknown>>
  readonly log: Logger
}

/**
 * Loads the `plugins` list of config.yaml: built-in names, npm packages and paths. One that cannot be loaded is
 * logged, listed in `failures` and left out; the others go on. Never rejects.
 */
export async function loadPlugins (entries: readonly string[], { baseDir, attrs, log }: LoadOptions): Promise<PluginCatalog> {
  const loaded = new Map<string, LoadedPlugin>()
  const failures: Array<{ entry: string, reason: string }> = []
  for (const entry of new Set(entries)) {
    try {
      const { source, exported } = await importPlugin(entry, baseDir)
      const one = loadPlugin(exported, { entry, source }, attrs, log)
      const { name } = one.plugin
      const earlier = loaded.get(name)
      if (earlier !== undefined) {
        throw new PluginError('PLUGIN_ERR_NAME_TAKEN', `invalid plugin [${entry}], the name ${name} is taken by ${earlier.source}`)
      }
      loaded.set(name, one)
    } catch (err) {
      log.error({ err }, `failed to load plugin [${entry}]`)
      failures.push({ entry, reason: err instanceof Error ? err.message : String(err) })
    }
  }
  return buildCatalog([...loaded.values()], failures, log)
}
