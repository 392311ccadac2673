import { CandidateList, type Accept, type PathCandidate } from './candidate-list.ts'
import { parsePathPattern } from './path-pattern.ts'
import type { PathShape } from './path-shape.ts'
import { RadixTree } from './radix-tree.ts'

export type PathItem<Entry> = Omit<PathCandidate<Entry>, 'shape'>

export interface PathTableChange<Entry> {
  /** Every pattern of such an entry goes; `removedPatterns` tells which these are. */
  readonly isRemoved: (entry: Entry) => boolean
  readonly removedPatterns: Iterable<string>
  readonly added: Iterable<PathItem<Entry>>
}

interface Literal<Entry> {
  readonly list: CandidateList<Entry>
  readonly length: number
}

/** Paths to candidates: the work of a look-up depends on the path, not on the number of patterns. Immutable. */
export class PathTable<Entry> {
  readonly #withParameters: boolean
  readonly #tree: RadixTree<Literal<Entry>>

  constructor (withParameters: boolean, tree = new RadixTree<Literal<Entry>>('forward')) {
    this.#withParameters = withParameters
    this.#tree = tree
  }

  get isEmpty (): boolean { return this.#tree.isEmpty }

  changed ({ isRemoved, removedPatterns, added }: PathTableChange<Entry>): PathTable<Entry> {
    const changes = new Map<string, LiteralChange<Entry>>()
    const changeAt = (pattern: string): { shape: PathShape | undefined, change: LiteralChange<Entry> } => {
      const parsed = parsePathPattern(pattern, this.#withParameters)
      const scope = parsed.kind === 'exact' ? 'whole' : 'open'
      const key = `${scope} ${parsed.literal}`
      const change = changes.get(key) ?? { text: parsed.literal, scope, shapes: [], added: [] }
      changes.set(key, change)
      return { change, shape: parsed.kind === 'exact' ? undefined : parsed.shape }
    }
    for (const pattern of removedPatterns) {
      const { change, shape } = changeAt(pattern)
      if (shape !== undefined) change.shapes.push(shape)
    }
    for (const item of added) {
      const { change, shape } = changeAt(item.pattern)
      change.added.push({ ...item, shape })
    }
    const edits = [...changes.values()].map(({ text, scope, shapes, added: more }) => ({
      text,
      scope,
      change (before: Literal<Entry> | undefined): Literal<Entry> | undefined {
        const list = (before?.list ?? new CandidateList<Entry>()).changed(isRemoved, shapes, more)
        return list.isEmpty ? undefined : { list, length: text.length }
      }
    }))
    return new PathTable(this.#withParameters, this.#tree.edited(edits))
  }

  /** The first candidate, in the order of data-plane.md 4.4, that `accept` makes something of. */
  find<Head, Found> (path: string, head: Head, accept: Accept<Entry, Head, Found>): Found | undefined {
    return this.#tree.find(path, head, ({ list, length }) => list.find(path, length, head, accept))
  }
}

interface LiteralChange<Entry> {
  readonly text: string
  readonly scope: 'whole' | 'open'
  readonly shapes: PathShape[]
  readonly added: Array<PathCandidate<Entry>>
}
