const firstMs = 100
const longestMs = 2000

/** Doubling waits, each shortened at random by up to half, so that many gateways do not come back in one moment. */
export class Backoff {
  readonly #random: () => number
  #ceilingMs = firstMs

  constructor (random: () => number = Math.random) {
    this.#random = random
  }

  nextMs (): number {
    const ceilingMs = this.#ceilingMs
    this.#ceilingMs = Math.min(longestMs, ceilingMs * 2)
    return ceilingMs * (1 - this.#random() / 2)
  }

  /** A stream that ended after `livedMs`. Only one that lived on shows that all is well: a member may take a watch and drop it at once. */
  afterLifeOf (livedMs: number): void {
    if (livedMs >= longestMs) this.#ceilingMs = firstMs
  }
}
