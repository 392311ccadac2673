import type { StoreBatch, StoredEntry } from '@clinch/store'
import type { Logger } from 'pino'
import type { ChangedEntries, KeptConfiguration, LastGoodFile } from './last-good-file.ts'
import type { Standing } from './standing.ts'

export interface LastGoodKeeperOptions {
  readonly file: Pick<LastGoodFile, 'save'>
  readonly configuration: KeptConfiguration & {
    /** Is this key part of it? */
    keeps (key: string): boolean
  }
  readonly standing: Pick<Standing, 'asOfMs'>
  readonly log: Logger
  /** How long changes are gathered before they are written. */
  readonly gatherMs?: number
  /** How often it is noted that nothing has changed, and how long after a failure it is tried again. */
  readonly confirmMs?: number
}

/**
 * Keeps the last good configuration on disk, a second behind what is in force. A disk that fails is named once, and tried
 * again; nobody waits for it.
 */
export class LastGoodKeeper {
  readonly #options: LastGoodKeeperOptions
  #changes: Map<string, StoredEntry | undefined> | 'all' = new Map()
  #gathering: NodeJS.Timeout | undefined
  #confirming: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #isFailing = false

  constructor (options: LastGoodKeeperOptions) {
    this.#options = options
  }

  /** @param isKept - the configuration was read from the file, and need not be written */
  start (isKept: boolean): void {
    if (!isKept) this.#changes = 'all'
    this.#flush()
    this.#confirming = setInterval(() => this.#flush(), this.#options.confirmMs ?? 30_000).unref()
  }

  /** What the configuration has just taken. */
  take ({ events }: StoreBatch): void {
    const { configuration, gatherMs = 1000 } = this.#options
    for (const event of events) {
      const key = event.kind === 'put' ? event.entry.key : event.key
      if (this.#changes !== 'all' && configuration.keeps(key)) this.#changes.set(key, event.kind === 'put' ? event.entry : undefined)
    }
    if (this.#isFailing || this.#confirming === undefined) return
    this.#gathering ??= setTimeout(() => this.#flush(), gatherMs).unref()
  }

  /** What was taken before is on disk when this resolves, if the disk took it. */
  async close (): Promise<void> {
    if (this.#confirming !== undefined) this.#flush()
    clearInterval(this.#confirming)
    this.#confirming = undefined
    await this.#writing
  }

  #flush (): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.#writing = this.#writing.then(async () => {
      const changes = this.#changes
      this.#changes = new Map()
      await this.#write(changes)
    })
  }

  async #write (changes: ChangedEntries): Promise<void> {
    const { file, configuration, standing, log } = this.#options
    try {
      const { revision } = configuration
      await file.save(changes, configuration, standing.asOfMs)
      log.debug({ revision, changed: changes === 'all' ? 'all' : changes.size }, 'the last good configuration is on disk')
      if (this.#isFailing) log.info('the last good configuration is kept on disk again')
      this.#isFailing = false
    } catch (err) {
      this.#changes = 'all'
      if (!this.#isFailing) log.warn({ err }, 'the last good configuration could not be written: a start while the store is away would find an older one')
      this.#isFailing = true
    }
  }
}
