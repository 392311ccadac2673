import { StoreCopy, StoreError, type CopiedList, type ListResult, type StoreCopyOptions, type StoredEntry } from '@clinch/store'
import type { Logger } from 'pino'

/** What changed of the configuration, by key, undefined for what was deleted; or all of it. */
export type ChangedEntries = ReadonlyMap<string, StoredEntry | undefined> | 'all'

/** The configuration that is kept. */
export interface KeptConfiguration {
  readonly revision: number
  list (): ListResult
}

/**
 * The file of the last good configuration. One that is damaged or of something else is said to be so and not used; it is made
 * anew when there is a configuration to keep.
 */
export class LastGoodFile {
  readonly #options: StoreCopyOptions
  readonly #log: Logger
  /** Undefined: what is there is of no use. */
  #copy: StoreCopy | undefined

  private constructor (options: StoreCopyOptions, copy: StoreCopy | undefined, log: Logger) {
    this.#options = options
    this.#copy = copy
    this.#log = log
  }

  /** Undefined, and an error in the log, when there can be none: it is in use, or not accessible. */
  static open (options: StoreCopyOptions, log: Logger): LastGoodFile | undefined {
    const { path } = options
    try {
      return new LastGoodFile(options, new StoreCopy(options), log)
    } catch (err) {
      if (isUnusable(err)) {
        log.error({ err, path }, 'the last good configuration on disk cannot be used')
        return new LastGoodFile(options, undefined, log)
      }
      log.error({ err, path }, 'the last good configuration is not kept on disk: a start while the store is away will have to wait for it')
      return undefined
    }
  }

  /** Undefined when nothing was kept; why something that was is of no use is logged. */
  async read (): Promise<CopiedList | undefined> {
    try {
      return this.#copy?.read()
    } catch (err) {
      this.#log.error({ err, path: this.#options.path }, 'the last good configuration on disk cannot be used')
      await this.#forgetIfUnusable(err)
      return undefined
    }
  }

  /**
   * @param changes - since the last `save` that succeeded; all of it after one that failed
   * @throws StoreError
   */
  async save (changes: ChangedEntries, configuration: KeptConfiguration, asOfMs: number): Promise<void> {
    try {
      const isNew = this.#copy === undefined
      this.#copy ??= StoreCopy.anew(this.#options)
      if (isNew || changes === 'all') await this.#copy.replace(configuration.list(), asOfMs)
      else await this.#copy.change(changes, configuration.revision, asOfMs)
    } catch (error) {
      await this.#forgetIfUnusable(error)
      throw error
    }
  }

  async close (): Promise<void> {
    await this.#copy?.close()
  }

  async #forgetIfUnusable (error: unknown): Promise<void> {
    if (!isUnusable(error)) return
    const copy = this.#copy
    this.#copy = undefined
    await copy?.close()
  }
}

function isUnusable (error: unknown): boolean {
  return error instanceof StoreError && error.code === 'STORE_ERR_COPY_UNUSABLE'
}
