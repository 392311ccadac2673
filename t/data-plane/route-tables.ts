import type { MatchHead } from '../../packages/data-plane/src/router/route-conditions.ts'
import { changeRoutes, emptyRouteTable, type RoutableRoute, type RouteMatcher, type RouteTable } from '../../packages/data-plane/src/router/route-table.ts'

/** @param routes - in the order of configuration */
export function tableOf<R extends RoutableRoute> (routes: readonly R[], matcher: RouteMatcher): RouteTable<R> {
  return changeRoutes(emptyRouteTable(matcher), [], routes.map((route, place) => ({ route, place })))
}

export interface HeadOptions extends Partial<Omit<MatchHead, 'matchUri'>> {
  readonly uri?: string
}

/** A request as the matchers see it: `GET /` for a.com from 192.0.2.1 unless told otherwise. */
export function headOf ({ host = 'a.com', authority = host, uri = '/', method = 'GET', remoteAddress = '192.0.2.1', variable = () => undefined }: HeadOptions = {}): MatchHead {
  return { host, authority, matchUri: uri, method, remoteAddress, variable }
}
