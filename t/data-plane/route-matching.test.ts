import t from 'tap'
import type { Route } from '@clinch/schema'
import { readConditions } from '../../packages/data-plane/src/router/route-conditions.ts'
import { matchRoute, type RoutableRoute, type RouteMatch, type RouteMatcher } from '../../packages/data-plane/src/router/route-table.ts'
import { routeOf } from './http-gateway.ts'
import { headOf, tableOf, type HeadOptions } from './route-tables.ts'

interface NamedRoute extends RoutableRoute { readonly id: string }

function compile (stored: Partial<Route>, index: number): NamedRoute {
  const read = readConditions(routeOf({ plugins: {}, ...stored }))
  if (read.kind === 'refused') throw new Error(read.reason)
  return { id: String(stored.id ?? index), conditions: read.conditions }
}

function match (routes: ReadonlyArray<Partial<Route>>, head: HeadOptions, matcher: RouteMatcher = 'radixtree_host_uri'): RouteMatch<NamedRoute> | undefined {
  return matchRoute(tableOf(routes.map(compile), matcher), headOf(head))
}

t.test('path patterns', async t => {
  const cases: ReadonlyArray<readonly [pattern: string, path: string, isMatch: boolean]> = [
    ['/a', '/a', true],
    ['/a', '/a/', false],
    ['/a', '/A', false],
    ['/foo*', '/foo', true],
    ['/foo*', '/foobar', true],
    ['/foo*', '/foo/x', true],
    ['/foo/*', '/foo/', true],
    ['/foo/*', '/foo/x/y', true],
    ['/foo/*', '/foo', false],
    ['/a/*/b', '/a/x/b', true],
    ['/a/*/b', '/a/x/y/b', true],
    ['/a/*/b', '/a//b', true],
    ['/a/*/b', '/a/b', false],
    ['/a/*/b', '/a/x/b/c', false],
    ['/a/*/b', '/a/x\ny/b', true],
    ['/login/*action', '/login/now/then', true],
    ['/a/x*y/b', '/a/xanything', true],
    ['/a/x*y/b', '/a/z', false],
    ['/file:list', '/file:list', true],
    ['/user/:id', '/user/7', false],
    ['/user/:id', '/user/:id', true],
    ['/a+b/*/c', '/a+b/x/c', true],
    ['/a+b/*/c', '/aab/x/c', false],
    ['*', '/anything', true]
  ]
  for (const [pattern, path, isMatch] of cases) {
    t.equal(match([{ uri: pattern }], { uri: path }) !== undefined, isMatch, `${pattern} ${isMatch ? 'takes' : 'does not take'} ${JSON.stringify(path)}`)
  }
})

t.test('parameters are captured by the matcher that has them', async t => {
  const cases: ReadonlyArray<readonly [pattern: string, path: string, params: Record<string, string> | undefined]> = [
    ['/user/:id/info', '/user/7/info', { id: '7' }],
    ['/user/:id/info', '/user//info', undefined],
    ['/user/:id/info', '/user/7/8/info', undefined],
    ['/user/:id', '/user/7/', undefined],
    ['/login/*action', '/login/now/then', { action: 'now/then' }],
    ['/login/*', '/login/now', { ':ext': 'now' }],
    ['/:a/x/:b', '/1/x/2', { a: '1', b: '2' }],
    ['/:a/*', '/1/x/2', { a: '1', ':ext': 'x/2' }]
  ]
  for (const [pattern, path, params] of cases) {
    t.same(match([{ uri: pattern }], { uri: path }, 'radixtree_uri_with_parameter')?.params, params, `${pattern} on ${path}`)
  }
  t.equal(match([{ uri: '/a:b' }], { uri: '/a:b' }, 'radixtree_uri_with_parameter')?.route.id, '0', 'a colon inside a segment is literal')
})

t.test('which of several routes', async t => {
  const cases: ReadonlyArray<readonly [what: string, routes: ReadonlyArray<Partial<Route>>, head: HeadOptions, id: string | undefined]> = [
    ['an exact path wins over a prefix of higher priority',
      [{ id: 'prefix', uri: '/a*', priority: 9 }, { id: 'exact', uri: '/a' }], { uri: '/a' }, 'exact'],
    ['the longer literal part wins over a higher priority',
      [{ id: 'short', uri: '/a/*', priority: 9 }, { id: 'long', uri: '/a/b/*' }], { uri: '/a/b/c' }, 'long'],
    ['the priority decides inside one literal part',
      [{ id: 'low', uri: '/a/*' }, { id: 'high', uri: '/a/*', priority: 1 }], { uri: '/a/b' }, 'high'],
    ['then the longer pattern',
      [{ id: 'short', uri: '/a/*' }, { id: 'long', uri: '/a/*/c' }], { uri: '/a/b/c' }, 'long'],
    ['then the order of configuration',
      [{ id: 'first', uri: '/a' }, { id: 'second', uri: '/a' }], { uri: '/a' }, 'first'],
    ['a candidate whose conditions fail makes room for the next',
      [{ id: 'post', uri: '/a', methods: ['POST'], priority: 1 }, { id: 'any', uri: '/*' }], { uri: '/a' }, 'any'],
    ['a route with the host wins over one without, whatever their paths',
      [{ id: 'none', uri: '/a/b', priority: 9 }, { id: 'host', uri: '/*', host: 'a.com' }], { uri: '/a/b' }, 'host'],
    ['an exact host wins over a wildcard',
      [{ id: 'wild', uri: '/a', host: '*.com' }, { id: 'exact', uri: '/*', host: 'a.com' }], { uri: '/a' }, 'exact'],
    ['the longer wildcard wins',
      [{ id: 'short', uri: '/a', host: '*.com' }, { id: 'long', uri: '/a', host: '*.b.com' }], { uri: '/a', host: 'x.b.com' }, 'long'],
    ['a host that has no such path makes room for the next host pattern',
      [{ id: 'exact', uri: '/x', host: 'a.com' }, { id: 'wild', uri: '/a', host: '*.com' }], { uri: '/a' }, 'wild'],
    ['a wildcard takes names of any depth',
      [{ id: 'wild', uri: '/*', host: '*.foo.com' }], { host: 'a.b.foo.com' }, 'wild'],
    ['a wildcard does not take the bare name',
      [{ id: 'wild', uri: '/*', host: '*.foo.com' }], { host: 'foo.com' }, undefined],
    ['a star takes every host',
      [{ id: 'star', uri: '/*', hosts: ['*'] }], { host: 'x' }, 'star'],
    ['hosts are compared without case',
      [{ id: 'upper', uri: '/*', host: 'A.Com' }], {}, 'upper'],
    ['a method that is not listed is no match',
      [{ id: 'get', uri: '/*', methods: ['GET'] }], { method: 'HEAD' }, undefined],
    ['a method that no schema knows matches only a route of all methods',
      [{ id: 'some', uri: '/*', methods: ['GET'] }, { id: 'all', uri: '/*' }], { method: 'REPORT' }, 'all'],
    ['an address inside a network',
      [{ id: 'net', uri: '/*', remote_addrs: ['10.0.0.1', '192.0.2.0/24'] }], {}, 'net'],
    ['an address outside',
      [{ id: 'net', uri: '/*', remote_addr: '198.51.100.0/24' }], {}, undefined],
    ['an IPv6 address inside a network',
      [{ id: 'net', uri: '/*', remote_addr: '2001:db8::/32' }], { remoteAddress: '2001:db8::1' }, 'net'],
    ['vars that hold',
      [{ id: 'vars', uri: '/*', vars: [['arg_a', '==', '1']] }], { variable: name => name === 'arg_a' ? '1' : undefined }, 'vars'],
    ['vars that do not hold',
      [{ id: 'vars', uri: '/*', vars: [['arg_a', '==', '1']] }], {}, undefined],
    ['a route of status 0 takes no part',
      [{ id: 'off', uri: '/*', status: 0 }], {}, undefined]
  ]
  for (const [what, routes, head, id] of cases) t.equal(match(routes, head)?.route.id, id, what)
})

t.test('with the path first, a longer path without a host wins over a shorter one with', async t => {
  const routes = [{ id: 'host', uri: '/*', host: 'a.com' }, { id: 'none', uri: '/a/*' }]
  t.equal(match(routes, { uri: '/a/b' }, 'radixtree_uri')?.route.id, 'none')
  t.equal(match(routes, { uri: '/b' }, 'radixtree_uri')?.route.id, 'host')
  t.equal(match(routes, { uri: '/b', host: 'b.com' }, 'radixtree_uri'), undefined)
  t.equal(match([{ uri: '/*', host: 'a.com:8080' }], { authority: 'a.com:8080' }, 'radixtree_uri')?.host, 'a.com:8080', 'a pattern with a port is compared with the whole header')
  t.equal(match([{ uri: '/*', host: 'a.com:8080' }], { authority: 'a.com:8080' }), undefined, 'which the host-first matcher never does')
})

t.test('a match tells the patterns that matched', async t => {
  t.match(match([{ uris: ['/x', '/a/*'], hosts: ['b.com', '*.com'] }], { uri: '/a/b' }), { uri: '/a/*', host: '*.com' })
})

t.test('a route that only Lua could judge is refused with the reason', async t => {
  t.match(readConditions(routeOf({ uri: '/', plugins: {}, filter_func: 'function(vars) return true end' })), { kind: 'refused', reason: /^failed to load filter function/ })
  t.match(readConditions(routeOf({ uri: '/', script: 'local x = 1 -- x' })), { kind: 'refused', reason: /^failed to load script/ })
  t.match(readConditions(routeOf({ uri: '/', plugins: {}, vars: [['a', '?', 1]] })), { kind: 'refused', reason: 'failed to validate the \'vars\' expression: invalid operator \'?\'' })
})

t.test('the time to match does not grow with the number of routes', async t => {
  const table = (count: number) => tableOf(Array.from({ length: count }, (_, at) => compile({ uris: [`/exact/${at}`, `/prefix/${at}/*`], host: `h${at}.com` }, at)), 'radixtree_host_uri')
  const small = table(10)
  const large = table(20_000)
  const timeOf = (subject: typeof small): number => {
    const head = headOf({ host: 'h7.com', uri: '/prefix/7/x' })
    const start = process.hrtime.bigint()
    for (let at = 0; at < 20_000; at++) matchRoute(subject, head)
    return Number(process.hrtime.bigint() - start)
  }
  timeOf(small)
  timeOf(large)
  const ratios = Array.from({ length: 5 }, () => timeOf(large) / timeOf(small))
  t.ok(Math.min(...ratios) < 10, `2,000 times the routes took ${Math.min(...ratios).toFixed(1)} times as long`)
})
