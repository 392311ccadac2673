import { parsePathPattern, type PathShape } from './path-pattern.ts'

/** One pattern of one route, with what is needed to try it. */
export interface PathCandidate<Entry> {
  readonly entry: Entry
  readonly pattern: string
  readonly shape: PathShape | undefined
  readonly priority: number
}

/**
 * Paths to candidates. An exact path costs one look-up; a prefix one for each different length that the table's
 * prefixes have. The number of routes plays no part in either.
 */
export class PathTable<Entry> {
  readonly #exact: ReadonlyMap<string, ReadonlyArray<PathCandidate<Entry>>>
  readonly #prefixes: ReadonlyMap<string, ReadonlyArray<PathCandidate<Entry>>>
  readonly #lengths: readonly number[]

  constructor (items: ReadonlyArray<{ entry: Entry, pattern: string, priority: number }>, withParameters: boolean) {
    const exact = new Map<string, Array<PathCandidate<Entry>>>()
    const prefixes = new Map<string, Array<PathCandidate<Entry>>>()
    for (const { entry, pattern, priority } of items) {
      const parsed = parsePathPattern(pattern, withParameters)
      const map = parsed.kind === 'exact' ? exact : prefixes
      const candidate = { entry, pattern, priority, shape: parsed.kind === 'exact' ? undefined : parsed.shape }
      const list = map.get(parsed.literal)
      if (list === undefined) map.set(parsed.literal, [candidate])
      else list.push(candidate)
    }
    for (const map of [exact, prefixes]) for (const list of map.values()) if (list.length > 1) list.sort(byRank)
    this.#exact = exact
    this.#prefixes = prefixes
    this.#lengths = [...new Set([...prefixes.keys()].map(literal => literal.length))].sort((a, b) => b - a)
  }

  /** The first candidate, in the order of data-plane.md 4.4, that `accept` makes something of. */
  find<Head, Found> (path: string, head: Head, accept: Accept<Entry, Head, Found>): Found | undefined {
    const found = firstAccepted(this.#exact.get(path), path, head, accept)
    if (found !== undefined) return found
    for (const length of this.#lengths) {
      if (length > path.length) continue
      const prefixed = firstAccepted(this.#prefixes.get(path.slice(0, length)), path, head, accept)
      if (prefixed !== undefined) return prefixed
    }
    return undefined
  }
}

export type Accept<Entry, Head, Found> =
  (candidate: PathCandidate<Entry>, head: Head, captures: RegExpExecArray | undefined) => Found | undefined

function firstAccepted<Entry, Head, Found> (
  candidates: ReadonlyArray<PathCandidate<Entry>> | undefined, path: string, head: Head, accept: Accept<Entry, Head, Found>
): Found | undefined {
  if (candidates === undefined) return undefined
  for (const candidate of candidates) {
    const captures = candidate.shape?.whole.exec(path)
    if (captures === null) continue
    const found = accept(candidate, head, captures)
    if (found !== undefined) return found
  }
  return undefined
}

// Array.prototype.sort is stable: what is equal here stays in the order of configuration.
function byRank (a: PathCandidate<unknown>, b: PathCandidate<unknown>): number {
  return b.priority - a.priority || b.pattern.length - a.pattern.length
}
