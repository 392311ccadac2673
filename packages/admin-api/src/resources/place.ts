import type { ResourceKind } from './resource-kind.ts'

/** Which object of a kind, or which list of them. */
export interface Place {
  /** What the object belongs to: a credential's consumer, a secret's manager. Undefined where a kind has no such thing. */
  readonly owner: string | undefined
  /** Undefined: the list. */
  readonly id: string | undefined
}

export interface Located {
  readonly place: Place
  /** What follows the id. */
  readonly subPath: readonly string[]
}

const placeholders = { owner: '{owner}', id: '{id}' } as const

/** The name of the list: the last segment of a kind's path that is no placeholder. */
export function collectionOf ({ path }: ResourceKind): string {
  return path.split('/').findLast(part => !isPlaceholder(part)) ?? ''
}

/** Where a request's path leads by a kind's own; undefined when it leads elsewhere. Whatever is `{…}` at the end may be missing. */
export function matchPath ({ path }: ResourceKind, segments: readonly string[]): Located | undefined {
  const pattern = path.split('/')
  const leadsHere = pattern.every((part, at) => isPlaceholder(part) || part === segments[at])
  if (!leadsHere) return undefined
  const at = (placeholder: string) => segments[pattern.indexOf(placeholder)]
  return { place: { owner: at(placeholders.owner), id: at(placeholders.id) }, subPath: segments.slice(pattern.length) }
}

/** The folder of a place in the store, below the prefix: `consumers/jack/credentials`; `secrets` where the manager is left open. */
export function folderOf ({ path }: ResourceKind, { owner }: Place): string {
  const pattern = path.split('/').slice(0, -1)
  return pattern.flatMap(part => part === placeholders.owner ? owner ?? [] : part).join('/')
}

/** How many segments the key of an object has below its folder. */
export function depthBelow (kind: ResourceKind, place: Place): number {
  return kind.path.split('/').length - folderOf(kind, place).split('/').length
}

export function keyOf (prefix: string, kind: ResourceKind, { owner, id }: { readonly owner: string | undefined, readonly id: string }): string {
  return `${prefix}/${folderOf(kind, { owner, id })}/${id}`
}

function isPlaceholder (part: string): boolean {
  return part === placeholders.owner || part === placeholders.id
}
