import type { Logger } from 'pino'
import type { Backlog } from './backlog.ts'

export interface BatchSettings {
  readonly name: string
  readonly maxSize: number
  /** The oldest entry waits no longer, give or take an inactive timeout. */
  readonly bufferDurationMs: number
  /** So long after the newest entry the buffer is sent. */
  readonly inactiveTimeoutMs: number
  readonly maxRetryCount: number
  readonly retryDelayMs: number
}

export interface BatchMakings<Entry> {
  /** Rejects when the entries have to be sent again. */
  readonly send: (entries: readonly Entry[]) => Promise<void>
  readonly backlog: Backlog
  /** How many entries may wait in all buffers of the plugin; asked for every entry. */
  readonly maxPending: () => number
  readonly log: Logger
  /** An entry came into the backlog (1), or so many left it. */
  readonly onChange: (entries: number) => void
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

// Batches that are on their way at once; the others wait for their turn.
const maxSending = 8

/** Collects entries and sends them in batches; what cannot be sent is sent again, then dropped (plugins.md 2.7). */
export class BatchProcessor<Entry> {
  readonly #settings: BatchSettings
  readonly #makings: BatchMakings<Entry>
  readonly #batches: Array<readonly Entry[]> = []
  readonly #sending = new Set<Promise<void>>()
  #entries: Entry[] = []
  #oldestAt = 0
  #newestAt = 0
  #timer: NodeJS.Timeout | undefined
  #dropped = 0
  #complainedAt: number | undefined

  constructor (settings: BatchSettings, makings: BatchMakings<Entry>) {
    this.#settings = settings
    this.#makings = makings
  }

  /** Dropped when too many wait already; never throws. */
  push (entry: Entry): void {
    const { backlog, maxPending, clock, onChange } = this.#makings
    if (!backlog.take(maxPending())) return this.#complain()
    onChange(1)
    this.#newestAt = clock()
    if (this.#entries.push(entry) === 1) this.#oldestAt = this.#newestAt
    if (this.#entries.length >= this.#settings.maxSize) this.#close()
    else this.#timer ??= this.#later()
  }

  /** Sends what there is; resolves when all of it is sent or dropped. */
  async flush (): Promise<void> {
    if (this.#entries.length > 0) this.#close()
    while (this.#sending.size > 0) await Promise.all(this.#sending)
  }

  #later (): NodeJS.Timeout {
    return setTimeout(() => this.#tick(), this.#settings.inactiveTimeoutMs).unref()
  }

  #tick (): void {
    const { bufferDurationMs, inactiveTimeoutMs } = this.#settings
    const now = this.#makings.clock()
    if (now - this.#newestAt >= inactiveTimeoutMs || now - this.#oldestAt >= bufferDurationMs) this.#close()
    else this.#timer = this.#later()
  }

  #close (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#batches.push(this.#entries)
    this.#entries = []
    this.#sendNext()
  }

  #sendNext (): void {
    const batch = this.#sending.size < maxSending ? this.#batches.shift() : undefined
    if (batch === undefined) return
    const sent = this.#send(batch).finally(() => {
      this.#sending.delete(sent)
      this.#makings.backlog.done(batch.length)
      this.#makings.onChange(-batch.length)
      this.#sendNext()
    })
    this.#sending.add(sent)
  }

  // Logs, never rejects.
  async #send (batch: readonly Entry[]): Promise<void> {
    const { name, maxRetryCount, retryDelayMs } = this.#settings
    const { send, log } = this.#makings
    for (let retries = 0; ; retries++) {
      try {
        return await send(batch)
      } catch (err) {
        log.warn({ err, batch: name, entries: batch.length, retries }, 'log entries could not be sent')
      }
      if (retries >= maxRetryCount) break
      await new Promise<void>(resolve => { setTimeout(resolve, retryDelayMs) })
    }
    log.error({ entries: batch.length }, `Batch Processor[${name}] exceeded the max_retry_count[${maxRetryCount}] dropping the entries`)
  }

  // At most once a second: what is too much comes by the thousand.
  #complain (): void {
    const { backlog, maxPending, log, clock } = this.#makings
    this.#dropped++
    if (this.#complainedAt !== undefined && clock() - this.#complainedAt < 1000) return
    this.#complainedAt = clock()
    log.error({ batch: this.#settings.name, dropped: this.#dropped, pending: backlog.pending, max_pending_entries: maxPending() }, 'max pending entries limit exceeded. discarding entry')
    this.#dropped = 0
  }
}
