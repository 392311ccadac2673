/** The order of configuration: what came first goes first, an update keeps its place (data-plane.md 1.3). */
export class ConfigOrder {
  readonly #places = new Map<string, number>()
  #next = 0

  /** The key's place; at the end for one that is new. */
  placeOf (key: string): number {
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.#places.set(key, this.#next)
    return this.#next++
  }

  forget (key: string): void {
    this.#places.delete(key)
  }
}
