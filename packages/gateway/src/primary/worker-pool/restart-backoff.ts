/** Whoever has served this long has died of something new. */
const calmMs = 10_000
const longestDelayMs = 10_000

/** When a worker that died is replaced: at once, and later and later while its successors die soon as well. */
export class RestartBackoff {
  #deathsInARow = 0

  /**
   * @param servedMs - how long the one that died has served; 0 when it never did
   * @returns milliseconds to wait
   */
  next (servedMs: number): number {
    if (servedMs >= calmMs) this.#deathsInARow = 0
    const delayMs = this.#deathsInARow === 0 ? 0 : Math.min(longestDelayMs, 100 * 2 ** this.#deathsInARow)
    this.#deathsInARow++
    return delayMs
  }
}
