import { collections } from '@clinch/store'
import { isJsonObject, type JsonObject } from '../json.ts'

export { collections }

export type Section =
  | { readonly kind: 'items', readonly items: readonly unknown[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong', readonly reason: string }

/** The list that a document has under the name of a collection; `{}` is an empty list to APISIX. */
export function sectionOf (document: JsonObject, collection: string): Section {
  const value = document[collection]
  if (value === undefined || value === null) return { kind: 'absent' }
  if (Array.isArray(value)) return { kind: 'items', items: value }
  if (isJsonObject(value) && Object.keys(value).length === 0) return { kind: 'items', items: [] }
  return { kind: 'wrong', reason: `${collection} must be an array` }
}

export function itemsOf (document: JsonObject, collection: string): readonly unknown[] {
  const section = sectionOf(document, collection)
  return section.kind === 'items' ? section.items : []
}

export function versionMemberOf (collection: string): string {
  return `${collection}_conf_version`
}

/** Members with which a document of the standalone Admin API says which one it is. */
export const markMembers = { lastModified: 'X-Last-Modified', digest: 'X-Digest' } as const

/** Members that mean nothing: APISIX overlooks them, and what stands below a misspelt `routes` with them. */
export function unknownMembersOf (document: JsonObject): string[] {
  const known = new Set<string>([...collections.flatMap(collection => [collection, versionMemberOf(collection)]), ...Object.values(markMembers)])
  return Object.keys(document).filter(name => !known.has(name))
}
