import fc from 'fast-check'
import t from 'tap'
import type { Route } from '@clinch/schema'
import { readConditions } from '../../packages/data-plane/src/router/route-conditions.ts'
import { changeRoutes, emptyRouteTable, matchRoute, type RoutableRoute, type RouteMatcher } from '../../packages/data-plane/src/router/route-table.ts'
import { storedRouteOf } from '../support/stored-route.ts'
import { matchNaively } from './naive-matcher.ts'
import { headOf } from './route-tables.ts'

const matchers: readonly RouteMatcher[] = ['radixtree_host_uri', 'radixtree_uri', 'radixtree_uri_with_parameter']

const segment = fc.constantFrom('a', 'b', 'a+b', '')
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map(segments => `/${segments.join('/')}`)
const host = fc.constantFrom('x.com', 'a.x.com', 'b.a.x.com', 'y.org', '')

// Names are numbered, so that no pattern has one twice.
const uri = fc.array(fc.oneof({ weight: 4, arbitrary: segment }, fc.constantFrom('*', '*n', ':p', 'a*', ':')), { minLength: 1, maxLength: 5 })
  .map(segments => `/${segments.map((text, index) => /^(?:\*n|:p)$/.test(text) ? text + index : text === '*' && index < segments.length - 1 ? `*m${index}` : text).join('/')}`)

const route: fc.Arbitrary<Partial<Route>> = fc.record({
  uris: fc.uniqueArray(uri, { minLength: 1, maxLength: 2 }),
  hosts: fc.uniqueArray(fc.constantFrom('x.com', 'A.x.com', '*.x.com', '*x.com', '*', 'y.org'), { minLength: 1, maxLength: 2 }),
  priority: fc.integer({ min: -1, max: 2 }),
  methods: fc.constantFrom(['GET'], ['POST', 'GET'], []),
  status: fc.constantFrom(1, 1, 1, 0),
  remote_addrs: fc.constantFrom(['192.0.2.0/24'], ['198.51.100.1'], ['2001:db8::/32', '192.0.2.1']),
  vars: fc.constantFrom([['arg_q', '==', '1']], ['OR', ['arg_q', '==', '2'], ['arg_q', 'in', ['1']]], [])
} satisfies Record<string, fc.Arbitrary<unknown>>, { requiredKeys: ['uris'] }) as unknown as fc.Arbitrary<Partial<Route>> // the schema checks each

const request = fc.record({
  uri: path,
  host,
  method: fc.constantFrom('GET', 'POST', 'REPORT'),
  remoteAddress: fc.constantFrom('192.0.2.1', '198.51.100.1', '2001:db8::1'),
  variable: fc.constantFrom('1', '2', undefined).map(value => (name: string) => name === 'arg_q' ? value : undefined)
})

function compile (stored: Partial<Route>): RoutableRoute {
  const read = readConditions(storedRouteOf({ plugins: {}, ...stored }))
  if (read.kind === 'refused') throw new Error(read.reason)
  return { conditions: read.conditions }
}

const gone = compile({ uri: '/', status: 0 })

for (const matcher of matchers) {
  t.test(`${matcher}: the route is the one that a look at every route finds, after any changes`, async t => {
    fc.assert(fc.property(fc.array(route, { maxLength: 30 }), fc.array(fc.tuple(fc.nat(), fc.option(route, { nil: undefined })), { maxLength: 15 }), fc.array(request, { minLength: 5, maxLength: 20 }), (stored, changes, requests) => {
      const routes: Array<RoutableRoute | undefined> = stored.map(compile)
      let table = changeRoutes(emptyRouteTable(matcher), [], routes.flatMap((one, place) => one === undefined ? [] : [{ route: one, place }]))
      const agree = (): boolean => requests.map(headOf).every(head => {
        const best = matchRoute(table, head)
        const naive = matchNaively(routes.map(one => one ?? gone), matcher, head)
        const sameParams = matcher !== 'radixtree_uri_with_parameter' || JSON.stringify(best?.params) === JSON.stringify(naive?.captures)
        return best?.route === naive?.route && best?.uri === naive?.uri && sameParams
      })
      let holds = agree()
      for (const [at, next] of changes) {
        const place = at % (routes.length + 1)
        const before = routes[place]
        const after = next === undefined ? undefined : compile(next)
        const earlier = table
        const matchedBefore = requests.map(one => matchRoute(earlier, headOf(one))?.route)
        table = changeRoutes(table, before === undefined ? [] : [before], after === undefined ? [] : [{ route: after, place }])
        routes[place] = after
        const earlierIsAsItWas = requests.every((one, index) => matchRoute(earlier, headOf(one))?.route === matchedBefore[index])
        holds &&= earlierIsAsItWas && agree()
      }
      return holds
    }), { numRuns: 150 })
    t.pass()
  })
}
