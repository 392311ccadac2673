const most = 200

/** Values of a label that may come from outside: the first of them by name, the others together as `other`. */
export class BoundedLabels {
  readonly #known = new Set<string>()

  of (value: string): string {
    if (this.#known.has(value)) return value
    if (this.#known.size >= most) return 'other'
    this.#known.add(value)
    return value
  }
}
