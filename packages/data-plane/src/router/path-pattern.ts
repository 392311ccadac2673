import { PathShape } from './path-shape.ts'

/** A route's `uri` as it is looked up (data-plane.md 4.3). */
export type PathPattern =
  | { readonly kind: 'exact', readonly literal: string }
  /** `shape`: what has to hold beyond the literal part; undefined when anything may follow it. */
  | { readonly kind: 'prefix', readonly literal: string, readonly shape: PathShape | undefined }

/**
 * Reads a pattern. `withParameters` is the matcher `radixtree_uri_with_parameter`: a segment `:name` stands for one
 * segment, and stars are captured. Every other part is literal text, also where APISIX would take it for a regular
 * expression.
 */
export function parsePathPattern (pattern: string, withParameters: boolean): PathPattern {
  const wild = firstWildcard(pattern, withParameters)
  if (wild === -1) return { kind: 'exact', literal: pattern }
  const literal = pattern.slice(0, wild)
  const isStar = pattern[wild] === '*'
  const startsSegment = wild === 0 || pattern[wild - 1] === '/'
  const isTail = isStar && (!startsSegment || !pattern.includes('/', wild))
  if (isTail && (!withParameters || !startsSegment)) return { kind: 'prefix', literal, shape: undefined }
  return { kind: 'prefix', literal, shape: new PathShape(pattern.slice(wild), withParameters) }
}

function firstWildcard (pattern: string, withParameters: boolean): number {
  const star = pattern.indexOf('*')
  if (!withParameters) return star
  const parameter = /(?<=\/):(?=[^/])/.exec(pattern)?.index ?? -1
  if (star === -1 || parameter === -1) return Math.max(star, parameter)
  return Math.min(star, parameter)
}
