import { HostTable, matchesHost } from './host-table.ts'
import { PathTable, type PathCandidate } from './path-table.ts'
import { satisfies, type MatchHead, type RouteConditions } from './route-conditions.ts'

export type RouteMatcher = 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'

export interface RoutableRoute {
  readonly conditions: RouteConditions
}

export interface RouteMatch<R extends RoutableRoute> {
  readonly route: R
  /** The patterns that matched; the host's is empty for a route of any host. */
  readonly uri: string
  readonly host: string
  /** `uri_param_*`, in the parameter matcher. */
  readonly params: Readonly<Record<string, string>> | undefined
}

/** All routes of one snapshot, ready to be matched. Immutable. */
export type RouteTable<R extends RoutableRoute> =
  | { readonly kind: 'hostFirst', readonly hosts: HostTable<PathTable<RouteMatch<R>>>, readonly hostless: PathTable<RouteMatch<R>> }
  | { readonly kind: 'pathFirst', readonly paths: PathTable<RouteMatch<R>> }

/** @param all - in the order of configuration, which decides where nothing else does */
export function buildRouteTable<R extends RoutableRoute> (all: readonly R[], matcher: RouteMatcher): RouteTable<R> {
  const routes = all.filter(route => route.conditions.isEnabled)
  if (matcher !== 'radixtree_host_uri') {
    return { kind: 'pathFirst', paths: new PathTable(routes.flatMap(route => itemsOf(route, '')), matcher === 'radixtree_uri_with_parameter') }
  }
  const hostless: Array<PathItem<R>> = []
  const byHost = new Map<string, Array<PathItem<R>>>()
  for (const route of routes) {
    const { hosts } = route.conditions
    if (hosts.length === 0) hostless.push(...itemsOf(route, ''))
    for (const host of hosts) {
      const items = byHost.get(host)
      if (items === undefined) byHost.set(host, itemsOf(route, host))
      else items.push(...itemsOf(route, host))
    }
  }
  const hosts = [...byHost].map(([host, items]) => [host, new PathTable(items, false)] as const)
  return { kind: 'hostFirst', hosts: new HostTable(hosts), hostless: new PathTable(hostless, false) }
}

/** The route of a request (data-plane.md 4.2 to 4.5), or undefined. */
export function matchRoute<R extends RoutableRoute> (table: RouteTable<R>, head: MatchHead): RouteMatch<R> | undefined {
  switch (table.kind) {
    case 'hostFirst':
      return table.hosts.find(head.host, head, findPath<R>) ?? table.hostless.find(head.uri, head, acceptPath<R>)
    case 'pathFirst':
      return table.paths.find(head.uri, head, acceptPathAndHost<R>)
  }
}

interface PathItem<R extends RoutableRoute> { readonly entry: RouteMatch<R>, readonly pattern: string, readonly priority: number }

function itemsOf<R extends RoutableRoute> (route: R, host: string): Array<PathItem<R>> {
  const { uris, priority } = route.conditions
  return uris.map(uri => ({ entry: { route, uri, host, params: undefined }, pattern: uri, priority }))
}

function findPath<R extends RoutableRoute> (paths: PathTable<RouteMatch<R>>, head: MatchHead): RouteMatch<R> | undefined {
  return paths.find(head.uri, head, acceptPath<R>)
}

function acceptPath<R extends RoutableRoute> (candidate: PathCandidate<RouteMatch<R>>, head: MatchHead): RouteMatch<R> | undefined {
  return satisfies(candidate.entry.route.conditions, head) ? candidate.entry : undefined
}

function acceptPathAndHost<R extends RoutableRoute> (
  candidate: PathCandidate<RouteMatch<R>>, head: MatchHead, captures: RegExpExecArray | undefined
): RouteMatch<R> | undefined {
  const { entry } = candidate
  const { hosts } = entry.route.conditions
  const host = hosts.length === 0 ? '' : hosts.find(pattern => matchesHost(pattern, pattern.includes(':') ? head.authority : head.host))
  if (host === undefined) return undefined
  const params = captures === undefined ? undefined : capturesByName(candidate.shape?.names ?? [], captures)
  const match = host === '' && params === undefined ? entry : { ...entry, host, params }
  return satisfies(entry.route.conditions, head) ? match : undefined
}

function capturesByName (names: readonly string[], captures: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, captures[index + 1] ?? '']))
}
