export type BarePath =
  | { readonly kind: 'path', readonly path: string }
  | { readonly kind: 'refused', readonly reason: 'dot segment with parameter' | 'empty segment with parameters' | 'encoded dot segment' }

/**
 * The path without the parameters of its segments: `/a;x=1/b` is `/a/b`, as a servlet container sees it. Refused is what
 * such a container would resolve to another path than this gateway.
 *
 * @param path - decoded, dot segments resolved
 */
export function withoutParameters (path: string): BarePath {
  if (!path.includes(';')) return { kind: 'path', path }
  const segments = path.split('/')
  for (const [index, segment] of segments.entries()) {
    const semicolon = segment.indexOf(';')
    if (semicolon === -1) continue
    const bare = segment.slice(0, semicolon)
    if (bare === '.' || bare === '..') return { kind: 'refused', reason: 'dot segment with parameter' }
    if (bare === '' && index < segments.length - 1) return { kind: 'refused', reason: 'empty segment with parameters' }
    if (/^(?:%2e){1,2}$/i.test(bare)) return { kind: 'refused', reason: 'encoded dot segment' }
    segments[index] = bare
  }
  return { kind: 'path', path: segments.join('/') }
}
