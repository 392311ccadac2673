import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { builtInPlugins, builtInSource } from './built-in.ts'
import { locatePlugin } from './locate-plugin.ts'

export interface ImportedPlugin {
  /** `built-in`, or the entry as config.yaml lists it. */
  readonly source: string
  /** The default export, whatever it is. */
  readonly exported: unknown
}

/**
 * Imports what an entry of config.yaml names. A file that changed since the last import, by its time or size, is
 * imported anew; one that did not is the same module again.
 */
export async function importPlugin (entry: string, baseDir: string): Promise<ImportedPlugin> {
  const importBuiltIn = Object.hasOwn(builtInPlugins, entry) ? builtInPlugins[entry] : undefined
  if (importBuiltIn !== undefined) return { source: builtInSource, exported: (await importBuiltIn()).default }

  const file = locatePlugin(entry, baseDir)
  const { mtimeMs, size } = await stat(file)
  const url = pathToFileURL(file)
  url.search = `changed=${mtimeMs}&size=${size}`
  const module = await import(url.href) as { readonly default?: unknown }
  return { source: entry, exported: module.default }
}
