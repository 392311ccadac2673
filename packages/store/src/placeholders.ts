import type { Store } from './store.ts'

/** The kinds of things that a configuration holds, as paths, keys and documents name them. */
export const collections = [
  'routes', 'services', 'upstreams', 'consumers', 'consumer_groups', 'plugin_configs', 'plugin_metadata', 'plugins',
  'global_rules', 'protos', 'secrets', 'ssls', 'stream_routes'
] as const

/** Not JSON, and not meant to be: a reader skips whatever is no JSON object. */
const placeholderValue = 'init_dir'

/** The 13 keys, trailing slash included, that stand before the objects of each collection. */
export function placeholders (prefix: string): readonly string[] {
  return collections.map(collection => `${prefix}/${collection}/`)
}

/** Writes every placeholder, whether or not it is there: APISIX nodes sharing the store expect them. */
export async function writePlaceholders (store: Store, prefix: string): Promise<void> {
  await Promise.all(placeholders(prefix).map(key => store.put(key, placeholderValue)))
}
