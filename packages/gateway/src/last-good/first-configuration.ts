import { setTimeout as wait } from 'node:timers/promises'
import { StoreError, type CopiedList, type ListResult, type RemoteStore } from '@clinch/store'
import type { Logger } from 'pino'

export interface FirstConfigurationOptions {
  readonly store: Pick<RemoteStore, 'check' | 'list'>
  readonly prefix: string
  /** What was kept on disk, read when the store is found to be away. */
  readonly readKept: () => Promise<CopiedList | undefined>
  /** How often the store is asked before it is given up, when nothing was kept; Infinity for as long as it takes. */
  readonly tries: number
  readonly log: Logger
  /** Ends the waiting. */
  readonly signal: AbortSignal
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

export interface FirstList extends ListResult {
  /** Given when it comes from disk: when it was last known to be that of the store, epoch milliseconds. */
  readonly fromDiskAsOfMs?: number
}

const firstWaitMs = 1000
const longestWaitMs = 5000

/** What a machine begins with: what the store holds, or, while that is away, what was kept of it. */
export class FirstConfiguration {
  readonly #options: FirstConfigurationOptions
  #waitingFor: string | undefined

  constructor (options: FirstConfigurationOptions) {
    this.#options = options
  }

  /** Why there is none yet, for people; undefined when nobody waits. */
  get waitingFor (): string | undefined {
    return this.#waitingFor === undefined ? undefined : `waiting for the configuration: ${this.#waitingFor}`
  }

  /**
   * A store that refuses is no store that is away: what was kept does not help then.
   *
   * @throws StoreError of the store; STORE_ERR_CLOSED when the waiting was ended
   */
  async read (): Promise<FirstList> {
    const { tries, readKept, log } = this.#options
    let isKeptRead = false
    for (let tried = 1; ; tried++) {
      const outcome = await this.#ask()
      if (!(outcome instanceof StoreError)) {
        if (this.#waitingFor !== undefined) log.info('the store is there')
        this.#waitingFor = undefined
        return outcome
      }
      const kept = isKeptRead ? undefined : await readKept()
      isKeptRead = true
      if (kept !== undefined) {
        const { entries, revision, asOfMs } = kept
        log.warn({ reason: outcome.message, revision, entries: entries.length, asOf: new Date(asOfMs).toISOString() }, 'the store is away: serving the last good configuration from disk')
        return { entries, revision, fromDiskAsOfMs: asOfMs }
      }
      if (tried >= tries) throw outcome
      await this.#pause(outcome.message, tried)
    }
  }

  async #ask (): Promise<ListResult | StoreError> {
    const { store, prefix } = this.#options
    try {
      await store.check()
      return await store.list(`${prefix}/`)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_ERR_UNAVAILABLE') return error
      throw error
    }
  }

  async #pause (reason: string, tried: number): Promise<void> {
    const { log, signal, wait = waitUnlessAborted } = this.#options
    if (this.#waitingFor !== reason) log.warn({ reason }, 'the store is away and nothing of the configuration is on disk: waiting for the store, no traffic is taken')
    this.#waitingFor = reason
    await wait(Math.min(longestWaitMs, firstWaitMs * 2 ** (tried - 1)), signal)
    if (signal.aborted) throw new StoreError('STORE_ERR_CLOSED')
  }
}

async function waitUnlessAborted (ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {}) // the caller looks at the signal
}
