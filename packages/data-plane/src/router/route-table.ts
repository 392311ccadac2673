import type { PathCandidate } from './candidate-list.ts'
import { matchesHost } from './host-pattern.ts'
import { PathTable, type PathItem } from './path-table.ts'
import { RadixTree } from './radix-tree.ts'
import { satisfies, type MatchHead, type RouteConditions } from './route-conditions.ts'

export type RouteMatcher = 'radixtree_host_uri' | 'radixtree_uri' | 'radixtree_uri_with_parameter'

export interface RoutableRoute {
  readonly conditions: RouteConditions
}

/** A route with its place in the order of configuration, which decides where nothing else does. */
export interface PlacedRoute<R extends RoutableRoute> {
  readonly route: R
  readonly place: number
}

export interface RouteMatch<R extends RoutableRoute> {
  readonly route: R
  /** The patterns that matched; the host's is empty for a route of any host. */
  readonly uri: string
  readonly host: string
  /** `uri_param_*`, in the parameter matcher. */
  readonly params: Readonly<Record<string, string>> | undefined
}

type Paths<R extends RoutableRoute> = PathTable<RouteMatch<R>>

/** All routes of one snapshot, ready to be matched. Immutable: a changed table shares with the one before what did not change. */
export type RouteTable<R extends RoutableRoute> =
  | { readonly kind: 'hostFirst', readonly hosts: RadixTree<Paths<R>>, readonly hostless: Paths<R> }
  | { readonly kind: 'pathFirst', readonly paths: Paths<R> }

export function emptyRouteTable<R extends RoutableRoute> (matcher: RouteMatcher): RouteTable<R> {
  return matcher === 'radixtree_host_uri'
    ? { kind: 'hostFirst', hosts: new RadixTree('backward'), hostless: new PathTable(false) }
    : { kind: 'pathFirst', paths: new PathTable(matcher === 'radixtree_uri_with_parameter') }
}

/** The table without some routes and with others, at a cost that depends on these and on those that share their patterns. */
export function changeRoutes<R extends RoutableRoute> (table: RouteTable<R>, removed: Iterable<R>, added: Iterable<PlacedRoute<R>>): RouteTable<R> {
  const gone = new Set(removed)
  const byHost = new Map<string | undefined, HostChange<R>>()
  const hostsOf = (route: R): ReadonlyArray<string | undefined> => table.kind === 'pathFirst' || route.conditions.hosts.length === 0 ? [undefined] : route.conditions.hosts
  const changeAt = (host: string | undefined): HostChange<R> => {
    const known = byHost.get(host) ?? { removed: [], added: [] }
    byHost.set(host, known)
    return known
  }
  for (const route of gone) for (const host of hostsOf(route)) changeAt(host).removed.push(route)
  for (const { route, place } of added) {
    if (!route.conditions.isEnabled) continue
    for (const host of hostsOf(route)) changeAt(host).added.push({ route, place })
  }
  const apply = (paths: Paths<R>, change: HostChange<R> | undefined, host = ''): Paths<R> => change === undefined
    ? paths
    : paths.changed({
      isRemoved: ({ route }) => gone.has(route),
      removedPatterns: change.removed.flatMap(({ conditions }) => conditions.uris),
      added: change.added.flatMap(({ route, place }) => itemsOf(route, host, place))
    })
  const hostless = byHost.get(undefined)
  if (table.kind === 'pathFirst') return { ...table, paths: apply(table.paths, hostless) }
  byHost.delete(undefined)
  const hosts = table.hosts.edited([...byHost].map(([pattern = '', change]) => ({
    text: pattern.startsWith('*') ? pattern.slice(1) : pattern,
    scope: pattern.startsWith('*') ? 'open' : 'whole',
    change: before => {
      const after = apply(before ?? new PathTable(false), change, pattern)
      return after.isEmpty ? undefined : after
    }
  })))
  return { kind: 'hostFirst', hosts, hostless: apply(table.hostless, hostless) }
}

/** The route of a request (data-plane.md 4.2 to 4.5), or undefined. */
export function matchRoute<R extends RoutableRoute> (table: RouteTable<R>, head: MatchHead): RouteMatch<R> | undefined {
  switch (table.kind) {
    case 'hostFirst':
      return table.hosts.find(head.host, head, findPath<R>) ?? findPath(table.hostless, head)
    case 'pathFirst':
      return table.paths.find(head.matchUri, head, acceptPathAndHost<R>)
  }
}

interface HostChange<R extends RoutableRoute> {
  readonly removed: R[]
  readonly added: Array<PlacedRoute<R>>
}

function itemsOf<R extends RoutableRoute> (route: R, host: string, place: number): Array<PathItem<RouteMatch<R>>> {
  const { uris, priority } = route.conditions
  return uris.map(uri => ({ entry: { route, uri, host, params: undefined }, pattern: uri, priority, place }))
}

function findPath<R extends RoutableRoute> (paths: Paths<R>, head: MatchHead): RouteMatch<R> | undefined {
  return paths.find(head.matchUri, head, acceptPath<R>)
}

function acceptPath<R extends RoutableRoute> ({ entry }: PathCandidate<RouteMatch<R>>, head: MatchHead): RouteMatch<R> | undefined {
  return satisfies(entry.route.conditions, head) ? entry : undefined
}

function acceptPathAndHost<R extends RoutableRoute> (
  { entry, shape }: PathCandidate<RouteMatch<R>>, head: MatchHead, captures: readonly string[] | undefined
): RouteMatch<R> | undefined {
  const { hosts } = entry.route.conditions
  const host = hosts.length === 0 ? '' : hosts.find(pattern => matchesHost(pattern, pattern.includes(':') ? head.authority : head.host))
  if (host === undefined || !satisfies(entry.route.conditions, head)) return undefined
  const params = captures === undefined || shape === undefined || shape.names.length === 0 ? undefined : capturesByName(shape.names, captures)
  return host === '' && params === undefined ? entry : { ...entry, host, params }
}

function capturesByName (names: readonly string[], captures: readonly string[]): Record<string, string> {
  const params = Object.create(null) as Record<string, string> // a variable may ask for any name
  names.forEach((name, index) => { params[name] = captures[index] ?? '' })
  return params
}
