/**
 * Whether a field is one of these, by any name that an upstream could take for it: names compare without case, and CGI,
 * WSGI and their kin make an underscore of a hyphen, some of them of every character that is neither letter nor digit.
 */
export function createFieldMatcher (names: readonly string[]): (name: string) => boolean {
  const folded = new Set(names.map(fold))
  const hasLength: boolean[] = [] // which is not that of most fields of a request
  for (const { length } of names) hasLength[length] = true
  return name => hasLength[name.length] === true && folded.has(fold(name))
}

function fold (name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}
