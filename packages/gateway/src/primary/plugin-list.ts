import { listedPlugins } from '@clinch/admin-api'
import type { PluginCatalog } from '@clinch/plugins'
import type { Store, StoredEntry, StoreEvent } from '@clinch/store'

/** `{prefix}/plugins`: the list by which data planes without an Admin API learn what to load (admin-api.md 6.3). */
export function pluginListKey (prefix: string): string {
  return `${prefix}/plugins`
}

/** The names on it; undefined when there is none. */
export async function readPluginList (store: Store, prefix: string): Promise<readonly string[] | undefined> {
  return namesIn(await store.get(pluginListKey(prefix)))
}

/** The same, of what was read already. */
export function pluginListIn (entries: readonly StoredEntry[], prefix: string): readonly string[] | undefined {
  return namesIn(entries.find(({ key }) => key === pluginListKey(prefix)))
}

/** What the events say of it last; undefined when nothing. */
export function pluginListChange (events: readonly StoreEvent[], prefix: string): { readonly names: readonly string[] | undefined } | undefined {
  const key = pluginListKey(prefix)
  const event = events.findLast(candidate => (candidate.kind === 'put' ? candidate.entry.key : candidate.key) === key)
  return event === undefined ? undefined : { names: namesIn(event.kind === 'put' ? event.entry : undefined) }
}

export async function writePluginList (store: Store, prefix: string, catalog: PluginCatalog): Promise<void> {
  await store.put(pluginListKey(prefix), textOf(catalog))
}

/** At the start: a list that has other names is replaced, and none is made where there is none. */
export async function refreshPluginList (store: Store, prefix: string, catalog: PluginCatalog): Promise<void> {
  const entry = await store.get(pluginListKey(prefix))
  const listed = new Set(namesIn(entry))
  const loaded = new Set(catalog.list.map(({ plugin }) => plugin.name))
  const isSame = listed.size === loaded.size && [...loaded].every(name => listed.has(name))
  if (entry === undefined || isSame) return
  await store.compareAndSwap(entry.key, entry.modRevision, textOf(catalog)) // whoever was faster knows better
}

function textOf (catalog: PluginCatalog): string {
  return JSON.stringify(catalog.list.map(({ plugin }) => ({ name: plugin.name })))
}

// What is no list, such as a placeholder, says nothing.
function namesIn (entry: StoredEntry | undefined): string[] | undefined {
  if (entry === undefined) return undefined
  try {
    const plugins: unknown = JSON.parse(entry.value)
    return Array.isArray(plugins) ? listedPlugins({ plugins }) : undefined
  } catch {
    return undefined
  }
}
