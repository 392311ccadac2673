/** The entries of all buffers of a plugin in this worker that are not dealt with yet: as many as there may be. */
export class Backlog {
  #pending = 0

  get pending (): number { return this.#pending }

  /** @returns false when there is no room for another one */
  take (limit: number): boolean {
    if (this.#pending >= limit) return false
    this.#pending++
    return true
  }

  done (entries: number): void {
    this.#pending -= entries
  }
}
