import { RadixTree, type RadixEdit } from '../router/radix-tree.ts'
import { normalizeName } from './server-name.ts'

export interface Named {
  /** Exact names, `*suffix` patterns and the lone `*`, as they are stored. */
  readonly names: readonly string[]
}

/** A resource with its place in the order of configuration, in which the first of equal patterns wins. */
export interface PlacedResource<Resource extends Named> {
  readonly resource: Resource
  readonly place: number
}

/** The names of all ssl resources, ready for look-up. Immutable: a changed table shares with the one before. */
export type NameTable<Resource extends Named> = RadixTree<ReadonlyArray<NameEntry<Resource>>>

interface NameEntry<Resource extends Named> extends PlacedResource<Resource> {
  /** Characters behind the star, or of the whole name. */
  readonly fixedLength: number
}

export function emptyNameTable<Resource extends Named> (): NameTable<Resource> {
  return new RadixTree('backward')
}

export function changeNames<Resource extends Named> (table: NameTable<Resource>, removed: Iterable<Resource>, added: Iterable<PlacedResource<Resource>>): NameTable<Resource> {
  const edits: Array<RadixEdit<ReadonlyArray<NameEntry<Resource>>>> = []
  for (const resource of removed) {
    for (const name of resource.names) edits.push({ ...positionOf(name), change: (before = []) => nonEmpty(before.filter(entry => entry.resource !== resource)) })
  }
  for (const { resource, place } of added) {
    for (const name of resource.names) {
      const position = positionOf(name)
      const entry = { resource, place, fixedLength: position.text.length }
      edits.push({ ...position, change: (before = []) => [...before, entry].sort((a, b) => a.place - b.place) })
    }
  }
  return table.edited(edits)
}

/**
 * Exact names first, then the wildcard with the longest suffix, then `*` (data-plane.md 1.3). A star stands for less
 * than one label, but the lone one for any name.
 */
export function matchName<Resource extends Named> (table: NameTable<Resource>, name: string): Resource | undefined {
  const normal = normalizeName(name)
  return table.find(normal, normal, firstNamed<Resource>)
}

function firstNamed<Resource extends Named> ([first]: ReadonlyArray<NameEntry<Resource>>, name: string): Resource | undefined {
  if (first === undefined) return undefined
  const firstDot = name.indexOf('.')
  const isWithinLabel = firstDot === -1 || name.length - first.fixedLength <= firstDot
  return isWithinLabel || first.fixedLength === 0 ? first.resource : undefined
}

function positionOf (stored: string): { readonly text: string, readonly scope: 'whole' | 'open' } {
  const name = normalizeName(stored)
  return name.startsWith('*') ? { text: name.slice(1), scope: 'open' } : { text: name, scope: 'whole' }
}

function nonEmpty<Item> (list: readonly Item[]): readonly Item[] | undefined {
  return list.length === 0 ? undefined : list
}
