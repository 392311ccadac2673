import { parsePathPattern } from './path-pattern.ts'
import type { PathShape } from './path-shape.ts'
import { RadixTree, type RadixEdit } from './radix-tree.ts'

/** One pattern of one entry. */
export interface PathItem<Entry> {
  readonly entry: Entry
  readonly pattern: string
  readonly priority: number
  /** In the order of configuration, which decides where nothing else does. */
  readonly place: number
}

/** An item with what is needed to try it. */
export interface PathCandidate<Entry> extends PathItem<Entry> {
  readonly literal: string
  readonly shape: PathShape | undefined
}

export interface PathTableChange<Entry> {
  /** Every pattern of such an entry goes. */
  readonly isRemoved: (entry: Entry) => boolean
  readonly removedPatterns: Iterable<string>
  readonly added: Iterable<PathItem<Entry>>
}

/** Captures are those of the candidate's shape; undefined where it has none. */
export type Accept<Entry, Head, Found> =
  (candidate: PathCandidate<Entry>, head: Head, captures: readonly string[] | undefined) => Found | undefined

/** Paths to candidates: the work of a look-up depends on the path, not on the number of patterns. Immutable. */
export class PathTable<Entry> {
  readonly #withParameters: boolean
  readonly #tree: RadixTree<ReadonlyArray<PathCandidate<Entry>>>

  constructor (withParameters: boolean, tree = new RadixTree<ReadonlyArray<PathCandidate<Entry>>>('forward')) {
    this.#withParameters = withParameters
    this.#tree = tree
  }

  get isEmpty (): boolean { return this.#tree.isEmpty }

  changed ({ isRemoved, removedPatterns, added }: PathTableChange<Entry>): PathTable<Entry> {
    const lists = new Map<string, CandidateEdit<Entry>>()
    const editOf = (kind: 'exact' | 'prefix', literal: string): CandidateEdit<Entry> => {
      const key = `${kind} ${literal}`
      const known = lists.get(key) ?? { text: literal, scope: kind === 'exact' ? 'whole' : 'open', added: [] }
      lists.set(key, known)
      return known
    }
    for (const pattern of removedPatterns) {
      const { kind, literal } = parsePathPattern(pattern, this.#withParameters)
      editOf(kind, literal)
    }
    for (const item of added) {
      const parsed = parsePathPattern(item.pattern, this.#withParameters)
      editOf(parsed.kind, parsed.literal).added.push({ ...item, literal: parsed.literal, shape: parsed.kind === 'exact' ? undefined : parsed.shape })
    }
    const edits = [...lists.values()].map(({ text, scope, added: more }): RadixEdit<ReadonlyArray<PathCandidate<Entry>>> => ({
      text, scope, change: before => ranked((before ?? []).filter(({ entry }) => !isRemoved(entry)), more)
    }))
    return new PathTable(this.#withParameters, this.#tree.edited(edits))
  }

  /** The first candidate, in the order of data-plane.md 4.4, that `accept` makes something of. */
  find<Head, Found> (path: string, head: Head, accept: Accept<Entry, Head, Found>): Found | undefined {
    return this.#tree.find(path, head, candidates => firstAccepted(candidates, path, head, accept))
  }
}

interface CandidateEdit<Entry> {
  readonly text: string
  readonly scope: 'whole' | 'open'
  readonly added: Array<PathCandidate<Entry>>
}

function firstAccepted<Entry, Head, Found> (
  candidates: ReadonlyArray<PathCandidate<Entry>>, path: string, head: Head, accept: Accept<Entry, Head, Found>
): Found | undefined {
  for (const candidate of candidates) {
    const { shape } = candidate
    const captures = shape?.match(path, candidate.literal.length)
    if (shape !== undefined && captures === undefined) continue
    const found = accept(candidate, head, captures)
    if (found !== undefined) return found
  }
  return undefined
}

function ranked<Entry> (kept: ReadonlyArray<PathCandidate<Entry>>, added: ReadonlyArray<PathCandidate<Entry>>): ReadonlyArray<PathCandidate<Entry>> | undefined {
  if (kept.length + added.length === 0) return undefined
  return added.length === 0 ? kept : [...kept, ...added].sort(byRank)
}

function byRank (a: PathCandidate<unknown>, b: PathCandidate<unknown>): number {
  return b.priority - a.priority || b.pattern.length - a.pattern.length || a.place - b.place
}
