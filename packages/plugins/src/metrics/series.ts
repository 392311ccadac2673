export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** Where it is not the metric's own. */
  readonly metricName?: string
}

/** One combination of labels of a metric. */
export interface Series {
  /** When something was last counted, epoch milliseconds. */
  usedAtMs: number
  samples (metricName: string): readonly Sample[]
}

export class CounterSeries implements Series {
  usedAtMs = 0
  readonly #labels: Labels
  #value = 0

  constructor (labels: Labels) {
    this.#labels = labels
  }

  add (amount: number, nowMs: number): void {
    this.#value += amount
    this.usedAtMs = nowMs
  }

  samples (): readonly Sample[] {
    return [{ labels: this.#labels, value: this.#value }]
  }
}

export class HistogramSeries implements Series {
  usedAtMs = 0
  readonly #labels: Labels
  readonly #bounds: readonly number[]
  /** Of each bucket by itself; the last one is of what is beyond all bounds. */
  readonly #counts: Float64Array
  #sum = 0

  /** @param bounds - ascending, inclusive */
  constructor (labels: Labels, bounds: readonly number[]) {
    this.#labels = labels
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe (value: number, nowMs: number): void {
    let at = 0
    while (value > (this.#bounds[at] ?? Infinity)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum += value
    this.usedAtMs = nowMs
  }

  samples (metricName: string): readonly Sample[] {
    let count = 0
    const bucket = (bound: number | string, at: number): Sample => {
      count += this.#counts[at] ?? 0
      return { metricName: `${metricName}_bucket`, labels: { ...this.#labels, le: String(bound) }, value: count }
    }
    return [
      ...[...this.#bounds, '+Inf'].map(bucket),
      { metricName: `${metricName}_sum`, labels: this.#labels, value: this.#sum },
      { metricName: `${metricName}_count`, labels: this.#labels, value: count }
    ]
  }
}
