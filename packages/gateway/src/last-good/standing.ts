/** Where the configuration in force came from: the store, or the copy on disk of a store that is away since the start. */
export const configSources = ['store', 'disk'] as const
export type ConfigSource = typeof configSources[number]

export interface StandingOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Given: the configuration was read from disk, where it stood as of then (epoch milliseconds), and the store is away. */
  readonly fromDiskAsOfMs?: number | undefined
}

/** How the configuration in force stands to the one in the store: the same, or that of the moment when the store was lost. */
export class Standing {
  readonly #now: () => number
  #source: ConfigSource
  #isConnected: boolean
  #lostMs: number

  constructor ({ now, fromDiskAsOfMs }: StandingOptions) {
    this.#now = now
    this.#source = fromDiskAsOfMs === undefined ? 'store' : 'disk'
    this.#isConnected = fromDiskAsOfMs === undefined
    this.#lostMs = fromDiskAsOfMs ?? 0
  }

  get source (): ConfigSource { return this.#source }

  get isConnected (): boolean { return this.#isConnected }

  /** When it was last known to be that of the store; epoch milliseconds. */
  get asOfMs (): number {
    return this.#isConnected ? this.#now() : this.#lostMs
  }

  /** 0 while the store is there. */
  get ageMs (): number {
    return Math.max(0, this.#now() - this.asOfMs)
  }

  /** The connection was lost, or is back, everything that was missed being told. */
  setConnected (isConnected: boolean): void {
    if (this.#isConnected && !isConnected) this.#lostMs = this.#now()
    this.#isConnected = isConnected
    if (isConnected) this.#source = 'store'
  }
}
