/** What a client asked for, and what became of it. */
export const outcomes = ['ok', 'lost with the killed part', 'moved from a dead data plane', 'upstream killed meanwhile', 'not sent after GOAWAY', 'cut off with a replaced worker', 'no verdict while the responder was away', 'no answer while etcd or the control plane was away'] as const
export type Outcome = typeof outcomes[number]

export interface Failure {
  readonly load: string
  readonly what: string
  readonly at: string
}

const mostKept = 100

/** Counts, by kind of load. */
export class Tally {
  readonly #counts = new Map<string, Map<Outcome, number>>()
  readonly #failures: Failure[] = []
  readonly #onFailure: (failure: Failure) => void
  readonly #failed = new Map<string, number>()

  constructor (onFailure: (failure: Failure) => void = () => {}) {
    this.#onFailure = onFailure
  }

  count (load: string, outcome: Outcome): void {
    const counts = this.#counts.get(load) ?? new Map<Outcome, number>()
    this.#counts.set(load, counts)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }

  /** Nothing that was made to fail explains it. */
  fail (load: string, what: string): void {
    this.#failed.set(load, this.failed(load) + 1)
    const failure = { load, what, at: new Date().toISOString() }
    if (this.#failures.length < mostKept) this.#failures.push(failure)
    this.#onFailure(failure)
  }

  of (load: string, outcome: Outcome): number {
    return this.#counts.get(load)?.get(outcome) ?? 0
  }

  failed (load: string): number {
    return this.#failed.get(load) ?? 0
  }

  get loads (): readonly string[] {
    return [...new Set([...this.#counts.keys(), ...this.#failed.keys()])]
  }

  /** The first hundred. */
  get failures (): readonly Failure[] { return this.#failures }

  get totalOk (): number { return this.loads.reduce((sum, load) => sum + this.of(load, 'ok'), 0) }

  get totalFailed (): number { return this.loads.reduce((sum, load) => sum + this.failed(load), 0) }
}
