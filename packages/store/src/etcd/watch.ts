import { setTimeout as wait } from 'node:timers/promises'
import { keyRangeOf } from '../key-range.ts'
import type { StoreLog } from '../log.ts'
import type { StoreBatch, StoreWatch, WatchOptions } from '../store.ts'
import { WatchPosition } from '../watch-position.ts'
import { Backoff } from './backoff.ts'
import type { Cluster } from './cluster.ts'
import { checkHistory } from './history-check.ts'
import { readRange } from './range-read.ts'
import { followWatchStream } from './watch-stream.ts'
import type { WatchStreamEnd } from './watch-stream.ts'

export interface EtcdWatchOptions {
  readonly cluster: Cluster
  readonly prefix: string
  readonly watch: WatchOptions
  readonly silenceMs: number
  readonly log: StoreLog
}

/**
 * A watch that outlives its streams. It goes on from the revision after the last event that was told, never from what
 * the header of an answer says; before each stream it makes sure that the history behind that revision is still the
 * one it knows, and otherwise lists and tells the difference.
 */
export class EtcdWatch implements StoreWatch {
  readonly #options: EtcdWatchOptions
  readonly #position: WatchPosition
  readonly #stopping = new AbortController()
  #isConnected: boolean
  #mustList: boolean
  #loop = Promise.resolve()

  constructor (options: EtcdWatchOptions) {
    this.#options = options
    this.#position = new WatchPosition(options.watch)
    this.#mustList = options.watch.listFirst ?? false
    this.#isConnected = !this.#mustList
  }

  start (): void {
    this.#loop = this.#run(this.#stopping.signal)
  }

  async close (): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #run (signal: AbortSignal): Promise<void> {
    const backoff = new Backoff()
    while (!signal.aborted) {
      const startedMs = performance.now()
      const end = await this.#followOnce(signal)
      if (signal.aborted) return
      if (end.kind === 'compacted') {
        this.#mustList = true
        continue
      }
      backoff.afterLifeOf(performance.now() - startedMs)
      this.#setConnected(false, end.reason)
      await wait(backoff.nextMs(), undefined, { signal }).catch(() => {}) // an abort ends the loop above
    }
  }

  async #followOnce (signal: AbortSignal): Promise<WatchStreamEnd> {
    const { cluster, prefix, silenceMs } = this.#options
    try {
      const { verdict, connection } = await checkHistory(cluster, prefix, this.#position, signal)
      if (this.#mustList || verdict !== 'continues') await this.#listAgain(verdict === 'restored', signal)
      const end = await followWatchStream({
        connection,
        token: await cluster.token(connection),
        range: keyRangeOf(prefix),
        startRevision: this.#position.nextRevision,
        silenceMs,
        onCreated: () => this.#setConnected(true),
        onEvents: events => this.#tell(this.#position.advance(events)),
        signal
      })
      if (end.kind === 'lost') cluster.leave(connection)
      return end
    } catch (error) {
      return { kind: 'lost', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async #listAgain (restored: boolean, signal: AbortSignal): Promise<void> {
    const { cluster, prefix, log } = this.#options
    const list = await readRange(cluster, prefix, signal)
    const batch = this.#position.advanceTo(list, restored)
    this.#mustList = false
    log.warn({ prefix, restored, revision: list.revision, differences: batch?.events.length ?? 0 }, 'etcd watch listed again')
    this.#tell(batch)
  }

  /** In a task of its own: what a watcher throws is its own bug and no failure of the stream. */
  #tell (batch: StoreBatch | undefined): void {
    if (batch === undefined) return
    queueMicrotask(() => {
      if (!this.#stopping.signal.aborted) this.#options.watch.onBatch(batch)
    })
  }

  #setConnected (isConnected: boolean, reason?: string): void {
    if (this.#isConnected === isConnected || this.#stopping.signal.aborted) return
    this.#isConnected = isConnected
    const { prefix, log, watch } = this.#options
    if (isConnected) log.info({ prefix, fromRevision: this.#position.nextRevision }, 'etcd watch is back')
    else log.warn({ prefix, reason, fromRevision: this.#position.nextRevision }, 'etcd watch was lost')
    watch.onConnected?.(isConnected)
  }
}
