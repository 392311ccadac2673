/**
 * The request target with its path as nginx would match it: percent-decoded, repeated slashes merged, `.` and `..`
 * resolved, no slash at the end. Segments are encoded again, so that the router sees them one by one. A path that
 * cannot be decoded stays as it is; the router refuses it.
 */
export function normaliseTarget (target: string): string {
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  const query = queryAt === -1 ? '' : target.slice(queryAt)
  const segments: string[] = []
  try {
    for (const segment of decodeURIComponent(path).split('/')) {
      if (segment === '..') segments.pop()
      else if (segment !== '' && segment !== '.') segments.push(segment)
    }
  } catch {
    return target
  }
  return `/${segments.map(encodeURIComponent).join('/')}${query}`
}

/** The query arguments; of a repeated one, `get` gives the first. */
export function queryOf (target: string): URLSearchParams {
  const queryAt = target.indexOf('?')
  return new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt + 1))
}
