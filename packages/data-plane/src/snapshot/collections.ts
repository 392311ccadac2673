/** The kinds of objects that a snapshot is made of. What an object refers to is built before it: in that order. */
export const collections = ['plugin_metadata', 'ssls', 'upstreams', 'services', 'plugin_configs', 'consumer_groups', 'consumers', 'credentials', 'global_rules', 'routes'] as const
export type Collection = typeof collections[number]

/** By a key such as `routes/1` or `consumers/jack/credentials/1`; undefined for what no snapshot has. */
export function collectionOf (key: string): Collection | undefined {
  const [collection, , below] = key.split('/')
  if (collection === 'consumers' && below !== undefined) return below === 'credentials' ? 'credentials' : undefined
  if (below !== undefined) return undefined
  return collections.find(known => known === collection)
}
