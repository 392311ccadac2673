import type { PathShape } from './path-shape.ts'
import { RadixTree } from './radix-tree.ts'

/** One pattern of one entry, with what is needed to try it. */
export interface PathCandidate<Entry> {
  readonly entry: Entry
  readonly pattern: string
  readonly priority: number
  /** In the order of configuration, which decides where nothing else does. */
  readonly place: number
  readonly shape: PathShape | undefined
}

/** Captures are those of the candidate's shape; undefined where it has none. */
export type Accept<Entry, Head, Found> =
  (candidate: PathCandidate<Entry>, head: Head, captures: readonly string[] | undefined) => Found | undefined

type Ranked<Entry> = ReadonlyArray<PathCandidate<Entry>>

interface Layout<Entry> {
  readonly name: string
  /** Any shape that has the layout. */
  readonly shape: PathShape
  /** By the text of their shapes. */
  readonly candidates: RadixTree<Ranked<Entry>>
}

/** So many are tried one after the other. */
const few = 16

/**
 * The candidates whose patterns have one literal beginning, in the order of data-plane.md 4.4: priority, longer
 * pattern, order of configuration. Where there are many, those with shapes are found by the text in them, so that
 * `/:tenant/a/*` does not have to be tried for `/x/b/c`. Immutable.
 */
export class CandidateList<Entry> {
  readonly #plain: Ranked<Entry>
  readonly #layouts: ReadonlyArray<Layout<Entry>>

  constructor (plain: Ranked<Entry> = [], layouts: ReadonlyArray<Layout<Entry>> = []) {
    this.#plain = plain
    this.#layouts = layouts
  }

  get isEmpty (): boolean { return this.#plain.length === 0 && this.#layouts.length === 0 }

  /** @param shapes - those of the candidates to be removed that have one */
  changed (isRemoved: (entry: Entry) => boolean, shapes: readonly PathShape[], added: Ranked<Entry>): CandidateList<Entry> {
    if (this.#layouts.length === 0 && this.#plain.length + added.length <= few) return new CandidateList(rankedWithout(this.#plain, isRemoved, added))
    const plain = rankedWithout(this.#plain.filter(isPlain), isRemoved, added.filter(isPlain))
    const shaped = [...this.#plain.filter(({ entry }) => !isRemoved(entry)), ...added].filter(candidate => !isPlain(candidate))
    const touched = new Map<string, { shape: PathShape, keys: Set<string>, added: Array<PathCandidate<Entry>> }>()
    const touch = (shape: PathShape) => {
      const known = touched.get(shape.layout) ?? { shape, keys: new Set(), added: [] }
      known.keys.add(shape.key)
      touched.set(shape.layout, known)
      return known
    }
    for (const shape of shapes) touch(shape)
    for (const candidate of shaped) if (candidate.shape !== undefined) touch(candidate.shape).added.push(candidate)
    const layouts = this.#layouts.filter(({ name }) => !touched.has(name))
    for (const [name, { shape, keys, added: more }] of touched) {
      const before = this.#layouts.find(layout => layout.name === name)?.candidates ?? new RadixTree<Ranked<Entry>>('forward')
      const byKey = Map.groupBy(more, candidate => candidate.shape?.key)
      const candidates = before.edited([...keys].map(text => ({
        text, scope: 'whole', change: (list = []) => nonEmpty(rankedWithout(list, isRemoved, byKey.get(text) ?? []))
      })))
      if (!candidates.isEmpty) layouts.push({ name, shape, candidates })
    }
    return new CandidateList(plain, layouts)
  }

  /** @param from - where the literal beginning ends in the path */
  find<Head, Found> (path: string, from: number, head: Head, accept: Accept<Entry, Head, Found>): Found | undefined {
    let segments = this.#layouts.length === 0 ? undefined : segmentsOf(path, from)
    const candidates = segments === undefined ? this.#plain : inRank([this.#plain, ...this.#shaped(segments)])
    for (const candidate of candidates) {
      const { shape } = candidate
      const captures = shape?.match(segments ??= segmentsOf(path, from))
      if (shape !== undefined && captures === undefined) continue
      const found = accept(candidate, head, captures)
      if (found !== undefined) return found
    }
    return undefined
  }

  #shaped (segments: readonly string[]): Array<Ranked<Entry>> {
    return this.#layouts.flatMap(({ shape, candidates }) => {
      const key = shape.keyOf(segments)
      const list = key === undefined ? undefined : candidates.find(key, undefined, identity)
      return list === undefined ? [] : [list]
    })
  }
}

function rankedWithout<Entry> (before: Ranked<Entry>, isRemoved: (entry: Entry) => boolean, added: Ranked<Entry>): Ranked<Entry> {
  const kept = before.filter(({ entry }) => !isRemoved(entry))
  return added.length === 0 ? kept : [...kept, ...added].sort(byRank)
}

function nonEmpty<Entry> (list: Ranked<Entry>): Ranked<Entry> | undefined {
  return list.length === 0 ? undefined : list
}

/** The lists as one, each of them ranked. */
function inRank<Entry> (lists: ReadonlyArray<Ranked<Entry>>): Iterable<PathCandidate<Entry>> {
  const filled = lists.filter(list => list.length > 0)
  return filled.length > 1 ? merged(filled) : filled[0] ?? []
}

function * merged<Entry> (filled: ReadonlyArray<Ranked<Entry>>): Generator<PathCandidate<Entry>> {
  const cursors = filled.map(list => ({ list, at: 0 }))
  for (;;) {
    let best: typeof cursors[number] | undefined
    for (const cursor of cursors) {
      const next = cursor.list[cursor.at]
      const leading = best?.list[best.at]
      if (next !== undefined && (leading === undefined || byRank(next, leading) < 0)) best = cursor
    }
    const candidate = best?.list[best.at]
    if (best === undefined || candidate === undefined) return
    best.at++
    yield candidate
  }
}

function byRank (a: PathCandidate<unknown>, b: PathCandidate<unknown>): number {
  return b.priority - a.priority || b.pattern.length - a.pattern.length || a.place - b.place
}

function isPlain ({ shape }: PathCandidate<unknown>): boolean { return shape === undefined }

function segmentsOf (path: string, from: number): string[] {
  return path.slice(from).split('/')
}

function identity<Value> (value: Value): Value { return value }
