/** What is to be done when: a binary heap on the due time, so that 100,000 entries cost a handful of comparisons each. */
export class DueQueue<Key> {
  readonly #heap: Array<{ readonly key: Key, readonly dueMs: number }> = []
  readonly #dueByKey = new Map<Key, number>()

  get size (): number { return this.#dueByKey.size }

  /** Puts a key in its place, or moves it there. */
  set (key: Key, dueMs: number): void {
    this.#dueByKey.set(key, dueMs)
    this.#push({ key, dueMs })
  }

  delete (key: Key): void {
    this.#dueByKey.delete(key) // its entry in the heap is passed over when it comes up
  }

  dueOf (key: Key): number | undefined {
    return this.#dueByKey.get(key)
  }

  /** The instant at which the next key is due. */
  nextDueMs (): number | undefined {
    this.#dropStale()
    return this.#heap[0]?.dueMs
  }

  /** Takes out the first key that is due at that instant. */
  take (nowMs: number): Key | undefined {
    this.#dropStale()
    const [first] = this.#heap
    if (first === undefined || first.dueMs > nowMs) return undefined
    this.#pop()
    this.#dueByKey.delete(first.key)
    return first.key
  }

  #dropStale (): void {
    for (let first = this.#heap[0]; first !== undefined && this.#dueByKey.get(first.key) !== first.dueMs; first = this.#heap[0]) this.#pop()
  }

  #push (entry: { readonly key: Key, readonly dueMs: number }): void {
    let at = this.#heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#dueAt(parent) <= entry.dueMs) break
      this.#swap(at, parent)
      at = parent
    }
  }

  #pop (): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const right = left + 1
      const smaller = right < this.#heap.length && this.#dueAt(right) < this.#dueAt(left) ? right : left
      if (left >= this.#heap.length || this.#dueAt(smaller) >= this.#dueAt(at)) return
      this.#swap(at, smaller)
      at = smaller
    }
  }

  #dueAt (at: number): number { return this.#heap[at]?.dueMs ?? Infinity }

  #swap (a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]]
    if (first === undefined || second === undefined) return
    this.#heap[a] = second
    this.#heap[b] = first
  }
}
