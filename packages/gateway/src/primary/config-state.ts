import type { ConfigChange, ConfigObject } from '@clinch/data-plane'
import type { ListResult, StoreBatch, StoredEntry, StoreEvent } from '@clinch/store'
import { pluginListKey } from './plugin-list.ts'

const collections = [
  'routes', 'services', 'upstreams', 'consumers', 'consumer_groups', 'plugin_configs', 'plugin_metadata',
  'global_rules', 'protos', 'secrets', 'ssls', 'stream_routes'
]

/**
 * The configuration as it is stored, secrets encrypted, in configuration order: as it was first read (byte order of the keys),
 * then in the order of arrival; an update keeps its place. A deletion forgets it.
 */
export class ConfigState {
  readonly #prefix: string
  readonly #objects = new Map<string, ConfigObject>()
  #pluginList: StoredEntry | undefined
  #revision = 0

  constructor (prefix: string) {
    this.#prefix = prefix
  }

  /** The store's, as far as it was read. */
  get revision (): number { return this.#revision }

  get objects (): readonly ConfigObject[] { return [...this.#objects.values()] }

  /** Key (with the store's prefix) to modRevision, as a watch wants it. */
  get known (): ReadonlyMap<string, number> {
    return new Map(this.objects.map(object => [`${this.#prefix}/${object.key}`, object.modRevision]))
  }

  /** What the store was last heard to have under a key, with its prefix. */
  entryOf (key: string): StoredEntry | undefined {
    const relative = this.#relative(key)
    const object = relative === undefined ? undefined : this.#objects.get(relative)
    return object === undefined ? undefined : { ...object, key }
  }

  /** Everything of the configuration as the store has it, the plugin list too. */
  list (): ListResult {
    const objects = this.objects.map((object): StoredEntry => ({ ...object, key: `${this.#prefix}/${object.key}` }))
    return { entries: this.#pluginList === undefined ? objects : [...objects, this.#pluginList], revision: this.#revision }
  }

  /** Is what stands under that key, prefix included, part of the configuration? */
  keeps (key: string): boolean {
    return key === pluginListKey(this.#prefix) || this.#relative(key) !== undefined
  }

  load (entries: readonly StoredEntry[], revision: number): void {
    for (const entry of entries) {
      if (entry.key === pluginListKey(this.#prefix)) this.#pluginList = entry
      const object = this.#objectOf(entry)
      if (object !== undefined) this.#objects.set(object.key, object)
    }
    this.#revision = revision
  }

  /** @returns what changed */
  apply (batch: StoreBatch): readonly ConfigChange[] {
    for (const event of batch.events) {
      const key = event.kind === 'put' ? event.entry.key : event.key
      if (key === pluginListKey(this.#prefix)) this.#pluginList = event.kind === 'put' ? event.entry : undefined
    }
    const changes = batch.events.flatMap(event => this.#changeOf(event))
    for (const change of changes) {
      if (change.kind === 'put') this.#objects.set(change.object.key, change.object)
      else this.#objects.delete(change.key)
    }
    this.#revision = batch.revision
    return changes
  }

  #changeOf (event: StoreEvent): ConfigChange[] {
    if (event.kind === 'delete') {
      const key = this.#relative(event.key)
      return key !== undefined && this.#objects.has(key) ? [{ kind: 'delete', key }] : []
    }
    const object = this.#objectOf(event.entry)
    return object === undefined ? [] : [{ kind: 'put', object }]
  }

  #objectOf ({ key, value, createRevision, modRevision }: StoredEntry): ConfigObject | undefined {
    const relative = this.#relative(key)
    return relative === undefined ? undefined : { key: relative, value, createRevision, modRevision }
  }

  // Undefined for what is no object: placeholders (`ssls/`), the plugin list, counters.
  #relative (key: string): string | undefined {
    if (!key.startsWith(`${this.#prefix}/`)) return undefined
    const relative = key.slice(this.#prefix.length + 1)
    const slash = relative.indexOf('/')
    const isObject = slash > 0 && slash < relative.length - 1 && collections.includes(relative.slice(0, slash))
    return isObject ? relative : undefined
  }
}
