/** How many requests in how long. */
export interface Quota {
  readonly count: number
  readonly windowMs: number
}

/** What became of a request under one quota, as its client is told. */
export interface Outcome {
  readonly isAccepted: boolean
  readonly remaining: number
  /** Seconds, with two decimals. */
  readonly resetS: number
}

/** Which counter, and what it counts to. A tuple, because one for each request goes to the primary. */
export type Hit = readonly [name: string, count: number, windowMs: number, isSliding: boolean]

/** Where requests are counted. */
export interface Counters {
  /**
   * Counts a request under each quota in order, until one rejects; its outcome is the last. Rejects when it cannot be
   * counted.
   */
  count (hits: readonly Hit[]): Promise<readonly Outcome[]>
  close (): void
}
