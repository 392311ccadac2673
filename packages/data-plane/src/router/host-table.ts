/** Host patterns to values: exact names first, then `*` patterns, the longest suffix first (data-plane.md 4.2). */
export class HostTable<Value> {
  readonly #exact = new Map<string, Value>()
  readonly #suffixes = new Map<string, Value>()
  #lengths: readonly number[] = []

  /** @param entries - patterns in lower case, each once */
  constructor (entries: Iterable<readonly [string, Value]>) {
    for (const [pattern, value] of entries) {
      if (pattern.startsWith('*')) this.#suffixes.set(pattern.slice(1), value)
      else this.#exact.set(pattern, value)
    }
    this.#lengths = [...new Set([...this.#suffixes.keys()].map(suffix => suffix.length))].sort((a, b) => b - a)
  }

  /** What `visit` makes of the first value that it makes something of. */
  find<Head, Found> (host: string, head: Head, visit: (value: Value, head: Head) => Found | undefined): Found | undefined {
    const exact = this.#exact.get(host)
    if (exact !== undefined) {
      const found = visit(exact, head)
      if (found !== undefined) return found
    }
    for (const length of this.#lengths) {
      if (length > host.length) continue
      const value = this.#suffixes.get(host.slice(host.length - length))
      if (value === undefined) continue
      const found = visit(value, head)
      if (found !== undefined) return found
    }
    return undefined
  }
}

/** One pattern against one host, both in lower case. */
export function matchesHost (pattern: string, host: string): boolean {
  return pattern.startsWith('*') ? host.endsWith(pattern.slice(1)) : pattern === host
}
