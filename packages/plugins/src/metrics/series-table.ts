import type { Metric, Registry } from 'prom-client'
import type { Labels, Sample, Series } from './series.ts'

export interface SeriesShape<One extends Series> {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'histogram'
  readonly labelNames: readonly string[]
  readonly make: (labels: Labels) => One
  /** Labels of which there is no end of values: those of the combinations that find no room are all `other`. */
  readonly openLabels: ReadonlySet<string>
}

export interface SeriesLimits {
  /** How many combinations of labels are told apart. */
  readonly maxSeries: number
  /** Those that were not used for so long are dropped; 0 keeps them. */
  readonly expireMs: number
  /** A combination came that found no room; told once. */
  readonly onFull: () => void
}

const sweepEveryMs = 1000

/**
 * A metric of prom-client's registry whose series are counted in place: who counts holds on to a series, and no labels are
 * looked up for what is counted often. That ends when `generation` changes: then a series may have been dropped.
 */
export class SeriesTable<One extends Series> {
  readonly name: string
  generation = 0
  readonly #shape: SeriesShape<One>
  readonly #registry: Registry
  readonly #now: () => number
  readonly #series = new Map<string, One>()
  #limits: SeriesLimits = { maxSeries: Infinity, expireMs: 0, onFull: () => {} }
  #sweptAtMs = -Infinity
  #isFull = false

  /** @param now - epoch milliseconds */
  constructor (shape: SeriesShape<One>, registry: Registry, now: () => number) {
    this.name = shape.name
    this.#shape = shape
    this.#registry = registry
    this.#now = now
  }

  /** Shown from now on, in the place of whatever has that name. */
  show (limits: SeriesLimits): void {
    this.#limits = limits
    this.#isFull = false
    this.#registry.removeSingleMetric(this.name)
    this.#registry.registerMetric(this as unknown as Metric) // it asks for `name` and `get` only, as of those that prom-client puts together for a cluster
  }

  /** @param values - of the labels, in their order */
  of (values: readonly string[]): One {
    const key = JSON.stringify(values)
    const known = this.#series.get(key)
    if (known !== undefined) {
      known.usedAtMs = this.#now() // it is about to be
      return known
    }
    if (this.#hasRoom()) return this.#add(key, values)
    this.#tellFull()
    const folded = this.#withoutOpen(values)
    const foldedKey = JSON.stringify(folded)
    return this.#series.get(foldedKey) ?? this.#add(foldedKey, folded)
  }

  /** For the registry. */
  async get () {
    this.#sweep()
    const { name, help, type } = this.#shape
    const values: Sample[] = []
    for (const series of this.#series.values()) values.push(...series.samples(name))
    return { name, help, type, values, aggregator: 'sum' }
  }

  close (): void {
    if (this.#registry.getSingleMetric(this.name) === this as unknown) this.#registry.removeSingleMetric(this.name)
  }

  #hasRoom (): boolean {
    const { maxSeries } = this.#limits
    if (this.#series.size >= maxSeries && this.#now() >= this.#sweptAtMs + sweepEveryMs) this.#sweep()
    return this.#series.size < maxSeries
  }

  #add (key: string, values: readonly string[]): One {
    const made = this.#shape.make(Object.fromEntries(this.#shape.labelNames.map((name, at) => [name, values[at] ?? ''])))
    made.usedAtMs = this.#now()
    this.#series.set(key, made)
    return made
  }

  #withoutOpen (values: readonly string[]): string[] {
    const { labelNames, openLabels } = this.#shape
    return values.map((value, at) => value !== '' && openLabels.has(labelNames[at] ?? '') ? 'other' : value)
  }

  #tellFull (): void {
    if (!this.#isFull) this.#limits.onFull()
    this.#isFull = true
  }

  #sweep (): void {
    const { expireMs } = this.#limits
    this.#sweptAtMs = this.#now()
    if (expireMs === 0) return
    for (const [key, { usedAtMs }] of this.#series) {
      if (this.#sweptAtMs - usedAtMs < expireMs) continue
      this.#series.delete(key)
      this.generation++
    }
  }
}
