import type { Store, StoreBatch, StoreEvent, StoreWatch, WatchOptions } from '@clinch/store'

export interface WatchRecorder {
  readonly batches: readonly StoreBatch[]
  readonly events: readonly StoreEvent[]
  readonly connections: readonly boolean[]
  /** Resolves as soon as what was told so far fulfils the condition. */
  until (condition: () => boolean): Promise<void>
  /** Resolves when an event of this key at or after this revision was told. */
  untilRevision (key: string, revision: number): Promise<void>
  close (): Promise<void>
}

/** A watcher that keeps everything it is told. */
export function recordWatch (store: Store, prefix: string, options: Pick<WatchOptions, 'fromRevision' | 'known'>): WatchRecorder {
  const batches: StoreBatch[] = []
  const events: StoreEvent[] = []
  const connections: boolean[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => { for (const check of waiting) check() }
  const watch: StoreWatch = store.watch(prefix, {
    ...options,
    onBatch: batch => {
      batches.push(batch)
      events.push(...batch.events)
      wake()
    },
    onConnected: connected => {
      connections.push(connected)
      wake()
    }
  })
  const until = (condition: () => boolean): Promise<void> => new Promise(resolve => {
    const check = (): void => {
      if (!condition()) return
      waiting.delete(check)
      resolve()
    }
    waiting.add(check)
    check()
  })
  return {
    batches,
    events,
    connections,
    until,
    untilRevision: (key, revision) => until(() => events.some(event => keyOf(event) === key && revisionOf(event) >= revision)),
    close: () => watch.close()
  }
}

export function keyOf (event: StoreEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key
}

export function revisionOf (event: StoreEvent): number {
  return event.kind === 'put' ? event.entry.modRevision : event.modRevision
}

/** An event in few words: `put /a/1 x`, `delete /a/1`. */
export function brief (event: StoreEvent): string {
  return event.kind === 'put' ? `put ${event.entry.key} ${event.entry.value}` : `delete ${event.key}`
}
