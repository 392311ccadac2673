import { satisfies, type MatchHead } from '../../packages/data-plane/src/router/route-conditions.ts'
import type { RoutableRoute, RouteMatcher } from '../../packages/data-plane/src/router/route-table.ts'

interface Candidate<R> {
  readonly route: R
  readonly place: number
  readonly pattern: string
  /** Rank of the host pattern, where hosts go first: 0 for an exact one, then the longer suffix; last without a host. */
  readonly hostRank: number
  readonly captures: Readonly<Record<string, string>> | undefined
}

/** The rules of data-plane.md 4.2 to 4.5 taken word by word: every route is looked at, then the best is chosen. */
export function matchNaively<R extends RoutableRoute> (routes: readonly R[], matcher: RouteMatcher, head: MatchHead): { readonly route: R, readonly uri: string, readonly captures: Candidate<R>['captures'] } | undefined {
  const candidates = routes.flatMap((route, place) => candidatesOf(route, place, matcher, head)).sort((a, b) => {
    return a.hostRank - b.hostRank ||
      Number(isWild(a.pattern, matcher)) - Number(isWild(b.pattern, matcher)) ||
      literalLength(b.pattern, matcher) - literalLength(a.pattern, matcher) ||
      b.route.conditions.priority - a.route.conditions.priority ||
      b.pattern.length - a.pattern.length ||
      a.place - b.place
  })
  const [best] = candidates
  return best === undefined ? undefined : { route: best.route, uri: best.pattern, captures: best.captures }
}

function candidatesOf<R extends RoutableRoute> (route: R, place: number, matcher: RouteMatcher, head: MatchHead): Array<Candidate<R>> {
  const { conditions } = route
  if (!conditions.isEnabled || !satisfies(conditions, head)) return []
  const hostRanks = ranksOfHosts(conditions.hosts, matcher, head)
  return conditions.uris.flatMap(pattern => {
    const matched = expressionOf(pattern, matcher).exec(head.matchUri)
    if (matched === null) return []
    const captures = matched.groups === undefined ? undefined : Object.fromEntries(Object.entries(matched.groups).map(([name, value]) => [name === 'ext' ? ':ext' : name, value]))
    return hostRanks.map(hostRank => ({ route, place, pattern, hostRank, captures }))
  })
}

function ranksOfHosts (hosts: readonly string[], matcher: RouteMatcher, head: MatchHead): number[] {
  if (hosts.length === 0) return [matcher === 'radixtree_host_uri' ? Infinity : 0]
  const matching = hosts.filter(pattern => pattern.startsWith('*') ? head.host.endsWith(pattern.slice(1)) : pattern === head.host)
  if (matcher !== 'radixtree_host_uri') return matching.length > 0 ? [0] : []
  return matching.map(pattern => pattern.startsWith('*') ? 1000 - pattern.length : 0)
}

function isWild (pattern: string, matcher: RouteMatcher): boolean {
  return literalLength(pattern, matcher) < pattern.length
}

function literalLength (pattern: string, matcher: RouteMatcher): number {
  const wild = pattern.search(matcher === 'radixtree_uri_with_parameter' ? /\*|(?<=\/):(?=[^/])/ : /\*/)
  return wild === -1 ? pattern.length : wild
}

function expressionOf (pattern: string, matcher: RouteMatcher): RegExp {
  const withParameters = matcher === 'radixtree_uri_with_parameter'
  const first = pattern.indexOf('*')
  if (first > 0 && pattern[first - 1] !== '/' && literalLength(pattern, matcher) === first) return new RegExp(`^${escape(pattern.slice(0, first))}`, 's')
  const named = (name: string, what: string): string => withParameters ? `(?<${name}>${what})` : what
  const source = pattern.split('/').map((segment, index) => {
    if (segment.startsWith('*')) return named(segment.slice(1) || 'ext', '.*')
    if (withParameters && index > 0 && segment.startsWith(':') && segment.length > 1) return named(segment.slice(1), '[^/]+')
    return escape(segment)
  }).join('/')
  return new RegExp(`^${source}$`, 's')
}

function escape (text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
