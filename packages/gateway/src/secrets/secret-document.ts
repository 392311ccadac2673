/** What a manager holds at one place: a text, or members. */
export type SecretDocument = string | Readonly<Record<string, unknown>>

export type Fetched =
  | { readonly kind: 'document', readonly document: SecretDocument }
  /** The manager says that there is none. */
  | { readonly kind: 'missing', readonly reason: string }
  /** Nobody knows: what was known before goes on being used. */
  | { readonly kind: 'unavailable', readonly reason: string }

export type MemberResult =
  | { readonly kind: 'text', readonly text: string }
  | { readonly kind: 'missing', readonly reason: string }

/** One text out of a document; a document that is a text is read as JSON when a member of it is asked for. */
export function memberOf (document: SecretDocument, member: string | undefined): MemberResult {
  if (member === undefined) return typeof document === 'string' ? { kind: 'text', text: document } : missing('it is no text: name a member')
  const members = typeof document === 'string' ? parseMembers(document) : document
  if (members === undefined) return missing('it is no JSON object')
  const value = Object.hasOwn(members, member) ? members[member] : undefined
  if (typeof value === 'string') return { kind: 'text', text: value }
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'text', text: String(value) }
  return missing(value === undefined ? 'it has no such member' : 'the member is no text')
}

function parseMembers (text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

function missing (reason: string): MemberResult {
  return { kind: 'missing', reason }
}
