import type { Route } from '@clinch/schema'
import { headOf, tableOf, type HeadOptions } from '../../t/data-plane/route-tables.ts'
import { storedRouteOf } from '../../t/support/stored-route.ts'
import { readConditions, type MatchHead } from '../../packages/data-plane/src/router/route-conditions.ts'
import { changeRoutes, matchRoute, type PlacedRoute, type RoutableRoute, type RouteMatcher, type RouteTable } from '../../packages/data-plane/src/router/route-table.ts'
import { median } from '../measuring/median.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'

export const router: Scenario = {
  name: 'router',
  measures: 'time to find the route of a request among 10, 1,000 and 100,000, and to change one of them',
  needs: [],
  run
}

const sizes = [10, 1000, 100_000] as const
const matchesInRound = 100_000
const changesInRound = 500
const headCount = 1000

interface Kind {
  readonly name: string
  readonly matcher: RouteMatcher
  readonly route: (index: number) => Partial<Route>
  readonly head: (index: number) => HeadOptions
}

const hostFirst = 'radixtree_host_uri'
const kinds: readonly Kind[] = [
  { name: 'exact', matcher: hostFirst, route: index => ({ uri: `/tenant/${index}/orders` }), head: index => ({ uri: `/tenant/${index}/orders` }) },
  { name: 'prefix', matcher: hostFirst, route: index => ({ uri: `/tenant/${index}/*` }), head: index => ({ uri: `/tenant/${index}/orders/7` }) },
  { name: 'prefix, 100 hosts', matcher: hostFirst, route: index => ({ uri: `/tenant/${index}/*`, host: `h${index % 100}.test` }), head: index => ({ uri: `/tenant/${index}/orders/7`, host: `h${index % 100}.test` }) },
  { name: 'a host each', matcher: hostFirst, route: index => ({ uri: '/*', host: `h${index}.test` }), head: index => ({ uri: '/orders/7', host: `h${index}.test` }) },
  { name: 'a wildcard host each', matcher: hostFirst, route: index => ({ uri: '/*', host: `*.h${index}.test` }), head: index => ({ uri: '/orders/7', host: `www.h${index}.test` }) },
  { name: 'parameters behind a path', matcher: 'radixtree_uri_with_parameter', route: index => ({ uri: `/tenant/${index}/orders/:order/items/:item` }), head: index => ({ uri: `/tenant/${index}/orders/7/items/8` }) },
  { name: 'prefix below a parameter', matcher: 'radixtree_uri_with_parameter', route: index => ({ uri: `/:tenant/service-${index}/*` }), head: index => ({ uri: `/acme/service-${index}/orders` }) },
  { name: 'no route', matcher: hostFirst, route: index => ({ uri: `/tenant/${index}/*` }), head: index => ({ uri: `/nowhere/${index}` }) }
]

async function run ({ rounds, note }: RunOptions): Promise<Report> {
  return {
    columns: ['routes', ...sizes.map(size => `${size.toLocaleString('en')}: found in, ns`), 'a change among 100,000, µs', '100,000 put in, ms'],
    rows: kinds.map(kind => {
      const measured = sizes.map(size => {
        note(`router: ${size} routes, ${kind.name}`)
        return measure(kind, size, rounds)
      })
      const largest = measured.at(-1)
      return [kind.name, ...measured.map(({ matchNs }) => matchNs.toFixed(0)), (largest?.changeUs ?? 0).toFixed(1), (largest?.buildMs ?? 0).toFixed(0)]
    }),
    remarks: [`The median of ${rounds} rounds of ${matchesInRound.toLocaleString('en')} look-ups for ${headCount.toLocaleString('en')} different requests, and of ${changesInRound} changes of one route, each with a new table.`]
  }
}

function measure (kind: Kind, size: number, rounds: number): { matchNs: number, changeUs: number, buildMs: number } {
  const routes = Array.from({ length: size }, (_, index) => compile(kind.route(index)))
  const startMs = performance.now()
  const table = tableOf(routes, kind.matcher)
  const buildMs = performance.now() - startMs
  const heads = Array.from({ length: headCount }, (_, index) => headOf(kind.head(Math.floor(index * size / headCount))))
  const medianOf = (time: () => number): number => {
    time()
    return median(Array.from({ length: rounds }, time))
  }
  return { matchNs: medianOf(() => timeMatchNs(table, heads)), changeUs: medianOf(() => timeChangeUs(table, routes, kind)), buildMs }
}

function timeMatchNs (table: RouteTable<RoutableRoute>, heads: readonly MatchHead[]): number {
  const start = process.hrtime.bigint()
  for (let at = 0; at < matchesInRound; at++) matchRoute(table, heads[at % heads.length] as MatchHead) // there are some
  return Number(process.hrtime.bigint() - start) / matchesInRound
}

function timeChangeUs (table: RouteTable<RoutableRoute>, routes: readonly RoutableRoute[], kind: Kind): number {
  const changes = Array.from({ length: changesInRound }, (_, at): { before: RoutableRoute, after: PlacedRoute<RoutableRoute> } => {
    const place = Math.floor(at * routes.length / changesInRound)
    return { before: routes[place] as RoutableRoute, after: { route: compile(kind.route(place)), place } } // within the list
  })
  const startMs = performance.now()
  for (const { before, after } of changes) changeRoutes(table, [before], [after])
  return (performance.now() - startMs) * 1000 / changesInRound
}

function compile (route: Partial<Route>): RoutableRoute {
  const read = readConditions(storedRouteOf({ plugins: {}, ...route }))
  if (read.kind === 'refused') throw new Error(read.reason)
  return { conditions: read.conditions }
}
