import { compileValidator } from '@clinch/schema'
import type { PluginCatalog } from '@clinch/plugins'

/** `plugin_metadata` as plugins read it while they run: a change needs no reload (data-plane.md 3.9). */
export class PluginMetadata {
  readonly #byPlugin = new Map<string, Readonly<Record<string, unknown>>>()

  of (plugin: string): Readonly<Record<string, unknown>> | undefined {
    return this.#byPlugin.get(plugin)
  }

  /**
   * What a plugin that is not loaded would say is not known, so its metadata is left out until it is.
   *
   * @returns what is wrong with it; then what was there before stays
   */
  set (plugin: string, stored: Readonly<Record<string, unknown>>, catalog: PluginCatalog): string | undefined {
    const loaded = catalog.get(plugin)
    if (loaded === undefined) {
      this.#byPlugin.delete(plugin)
      return undefined
    }
    const { id, ...metadata } = stored
    const schema = loaded.plugin.metadataSchema
    const checked = schema === undefined ? { kind: 'valid' as const, value: metadata } : compileValidator(schema, { fillDefaults: true })(metadata)
    if (checked.kind === 'invalid') return checked.issue.message
    this.#byPlugin.set(plugin, checked.value as Readonly<Record<string, unknown>>)
    return undefined
  }

  delete (plugin: string): void {
    this.#byPlugin.delete(plugin)
  }
}
