/** How many requests of this worker are at each node of each upstream; kept while nodes and their health change. */
export class ActiveRequests {
  readonly #counts = new Map<string, number>()

  /** @param place - upstream and node */
  at (place: string): number { return this.#counts.get(place) ?? 0 }

  enter (place: string): void { this.#counts.set(place, this.at(place) + 1) }

  leave (place: string): void {
    const left = this.at(place) - 1
    if (left > 0) this.#counts.set(place, left)
    else this.#counts.delete(place)
  }
}
