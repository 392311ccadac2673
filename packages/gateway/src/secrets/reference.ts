/** The place of a secret in its manager: what one question brings, with all members. */
export interface DocumentAddress {
  /** `vault/1`: the id of the object in the collection `secrets`. */
  readonly managerId: string
  readonly path: string
}

export type Reference =
  | { readonly kind: 'environment', readonly name: string, readonly member: string | undefined }
  /** Without a member the document as a whole is meant. */
  | { readonly kind: 'secret', readonly document: DocumentAddress, readonly member: string | undefined }
  | { readonly kind: 'malformed', readonly reason: string }

/**
 * Takes a reference apart (admin-api.md 5.5): `$env://NAME[/member]`, `$secret://vault/{id}/{path...}/{member}`,
 * `$secret://{aws|gcp}/{id}/{name}[/member]`.
 *
 * @param text - one for which `isSecretReference` holds
 */
export function parseReference (text: string): Reference {
  const [scheme = '', rest = ''] = splitAt(text, text.indexOf('://'), 3)
  if (scheme.toLowerCase() === '$env') {
    const [name = '', member] = splitAt(rest, rest.indexOf('/'), 1)
    return name === '' ? malformed('it names no variable') : { kind: 'environment', name, member: member === '' ? undefined : member }
  }
  const [manager = '', id = '', ...key] = rest.split('/')
  if (manager === '' || id === '') return malformed('it does not name a manager and its id')
  if (key.length === 0 || key.some(segment => segment === '' || segment === '.' || segment === '..')) return malformed('its key has no or empty segments')
  const managerId = `${manager}/${id}`
  if (manager !== 'vault') return { kind: 'secret', document: { managerId, path: key[0] ?? '' }, member: key.slice(1).join('/') || undefined }
  if (key.length < 2) return malformed('vault needs a path and a member')
  return { kind: 'secret', document: { managerId, path: key.slice(0, -1).join('/') }, member: key.at(-1) }
}

function malformed (reason: string): Reference {
  return { kind: 'malformed', reason }
}

function splitAt (text: string, at: number, length: number): [string, string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + length)]
}
