import type { PluginCatalog } from '@clinch/plugins'
import type { Store } from '@clinch/store'

/** Writes `{prefix}/plugins`, by which data planes without an Admin API learn what to load (admin-api.md 6.3). */
export async function writePluginList (store: Store, prefix: string, catalog: PluginCatalog): Promise<void> {
  await store.put(`${prefix}/plugins`, JSON.stringify(catalog.list.map(({ plugin }) => ({ name: plugin.name }))))
}
