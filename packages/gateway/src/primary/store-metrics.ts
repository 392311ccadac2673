import type { Store } from '@clinch/store'
import { Gauge, type Registry } from 'prom-client'
import { within } from '../within.ts'
import type { ConfigState } from './config-state.ts'

/** A scrape does not wait longer for a store that says nothing. */
const askMs = 2000

const collections = ['routes', 'services', 'ssls', 'consumers', 'global_rules', 'upstreams', 'stream_routes', 'protos'] as const

export interface ShownStore {
  readonly store: Pick<Store, 'kind' | 'list'>
  /** What every key begins with. */
  readonly prefix: string
  readonly state: Pick<ConfigState, 'objects' | 'revision'>
}

/**
 * `etcd_reachable`, with etcd alone, and `etcd_modify_indexes`, with the revisions of whichever store there is. The store is
 * asked with every scrape.
 *
 * @param metricPrefix - of their names
 */
export function showStore (registry: Registry, metricPrefix: string, { store, prefix, state }: ShownStore): void {
  let newest = 0
  let asking: Promise<boolean> | undefined
  const ask = async (): Promise<boolean> => {
    let isReachable = false
    await within(askMs, store.list(`${prefix}/metrics/`).then(({ revision }) => { // there is nothing of that name, and any answer tells the revision
      newest = revision
      isReachable = true
    }).catch(() => {}))
    return isReachable
  }
  const askOnce = async (): Promise<boolean> => await (asking ??= ask().finally(() => { asking = undefined }))
  const gauge = (name: string, help: string, labelNames: readonly string[], collect: (gauge: Gauge) => Promise<void>): void => {
    registry.removeSingleMetric(metricPrefix + name)
    new Gauge({ name: metricPrefix + name, help, labelNames, registers: [registry], async collect () { await collect(this) } }) // eslint-disable-line no-new -- the registry keeps it
  }

  if (store.kind === 'etcd') gauge('etcd_reachable', 'Whether etcd answers: 1, 0 if it does not', [], async shown => shown.set(await askOnce() ? 1 : 0))
  gauge('etcd_modify_indexes', 'Newest revision of each kind of object, and of the store', ['key'], async shown => {
    await askOnce()
    const ofCollections = newestByCollection(state.objects)
    for (const collection of collections) shown.set({ key: collection }, ofCollections.get(collection) ?? 0)
    shown.set({ key: 'max_modify_index' }, Math.max(0, ...ofCollections.values()))
    shown.set({ key: 'prev_index' }, state.revision)
    shown.set({ key: 'x_etcd_index' }, Math.max(newest, state.revision))
  })
}

function newestByCollection (objects: ConfigState['objects']): Map<string, number> {
  const newest = new Map<string, number>()
  for (const { key, modRevision } of objects) {
    const collection = key.slice(0, key.indexOf('/'))
    if (modRevision > (newest.get(collection) ?? 0)) newest.set(collection, modRevision)
  }
  return newest
}
