import type { Route } from '@clinch/schema'
import { routeOf } from '../../t/data-plane/http-gateway.ts'
import { readConditions, type MatchHead } from '../../packages/data-plane/src/router/route-conditions.ts'
import { buildRouteTable, matchRoute, type RoutableRoute } from '../../packages/data-plane/src/router/route-table.ts'
import { median } from '../measuring/median.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'

export const router: Scenario = {
  name: 'router',
  measures: 'time to find the route of a request among 10, 1,000 and 100,000',
  needs: [],
  run
}

const sizes = [10, 1000, 100_000] as const
const matchesInRound = 200_000

async function run ({ rounds, note }: RunOptions): Promise<Report> {
  const rows: string[][] = []
  for (const size of sizes) {
    note(`router: ${size} routes`)
    const routes = Array.from({ length: size }, (_, index) => compile({ uri: `/tenant/${index}/*`, host: `h${index % 100}.test` }))
    const buildStart = performance.now()
    const table = buildRouteTable(routes, 'radixtree_host_uri')
    const buildMs = performance.now() - buildStart
    const heads = Array.from({ length: 1000 }, (_, index) => headOf(Math.floor(index * size / 1000)))
    const miss = heads.map(head => ({ ...head, uri: '/nowhere' }))
    const time = (of: readonly MatchHead[]): string => median(Array.from({ length: rounds }, () => timeNs(table, of))).toFixed(0)
    time(heads)
    rows.push([size.toLocaleString('en'), time(heads), time(miss), buildMs.toFixed(1)])
  }
  return {
    columns: ['routes', 'found, ns', 'not found, ns', 'table built, ms'],
    rows,
    remarks: [`Prefixes below 100 hosts; the median of ${rounds} rounds of ${matchesInRound.toLocaleString('en')} look-ups. A table is built when a route changes.`]
  }
}

function timeNs (table: ReturnType<typeof buildRouteTable<RoutableRoute>>, heads: readonly MatchHead[]): number {
  const start = process.hrtime.bigint()
  for (let at = 0; at < matchesInRound; at++) matchRoute(table, heads[at % heads.length] as MatchHead) // there are some
  return Number(process.hrtime.bigint() - start) / matchesInRound
}

function headOf (index: number): MatchHead {
  const host = `h${index % 100}.test`
  return { host, authority: host, uri: `/tenant/${index}/orders/7`, method: 'GET', remoteAddress: '192.0.2.1', variable: () => undefined }
}

function compile (route: Partial<Route>): RoutableRoute {
  const read = readConditions(routeOf({ plugins: {}, ...route }))
  if (read.kind === 'refused') throw new Error(read.reason)
  return { conditions: read.conditions }
}
