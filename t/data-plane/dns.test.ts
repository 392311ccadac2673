import t, { type Test } from 'tap'
import { parseHosts } from '../../packages/data-plane/src/upstream/dns/hosts-file.ts'
import { NameCache } from '../../packages/data-plane/src/upstream/dns/name-cache.ts'
import { createNameLookup, type FoundAddresses, type NameLookup, type NameLookupOptions } from '../../packages/data-plane/src/upstream/dns/name-lookup.ts'
import { fullNames, noSearch, parseSearchList } from '../../packages/data-plane/src/upstream/dns/search-list.ts'
import { createDnsServer } from '../support/dns-server.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'
import { startUpstream } from '../support/upstream.ts'
import { ask, fieldOf } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

t.test('the hosts file: comments, several names, IPv4 before IPv6', async t => {
  const hosts = parseHosts('# c\n127.0.0.1 localhost Local\n::1 localhost six # not this\n\n10.0.0.1\ta.test\n10.0.0.2 a.test\nnonsense b.test\n10.0.0.1 a.test\n')
  t.same([...hosts], [['localhost', ['127.0.0.1']], ['local', ['127.0.0.1']], ['six', ['::1']], ['a.test', ['10.0.0.1', '10.0.0.2']]])
})

t.test('resolv.conf: the last of search and domain, and ndots', async t => {
  const cases: ReadonlyArray<readonly [text: string, domains: readonly string[], ndots: number]> = [
    ['', [], 1],
    ['nameserver 10.0.0.53\nsearch a.test b.test.\noptions timeout:2 ndots:5\n', ['a.test', 'b.test'], 5],
    ['search a.test\ndomain b.test c.test', ['b.test'], 1],
    ['domain b.test\nsearch a.test # comment\noptions ndots:99', ['a.test'], 15],
    ['; search x\noptions ndots:x', [], 1]
  ]
  for (const [text, domains, ndots] of cases) t.same(parseSearchList(text), { domains, ndots }, text)
})

t.test('short names are completed before they are asked for as they are, others after', async t => {
  const search = { domains: ['a.test', 'b.test'], ndots: 2 }
  t.same(fullNames('svc', search), ['svc.a.test', 'svc.b.test', 'svc'])
  t.same(fullNames('svc.ns.local', search), ['svc.ns.local', 'svc.ns.local.a.test', 'svc.ns.local.b.test'])
  t.same(fullNames('svc.', search), ['svc'])
  t.same(fullNames('svc', noSearch), ['svc'])
})

type Zone = Readonly<Record<string, { readonly a?: readonly string[], readonly aaaa?: readonly string[], readonly ttl?: number } | 'silence'>>

async function lookupIn (t: Test, zone: Zone, options: Partial<NameLookupOptions> = {}) {
  const server = await createDnsServer(name => zone[name] ?? {})
  t.teardown(() => server.close())
  const lookup = createNameLookup({ servers: [server.server], validMs: undefined, timeoutMs: 2000, ipv6: true, hosts: new Map(), search: noSearch, ...options })
  return { lookup, server }
}

t.test('a name has all its addresses for as long as DNS says', async t => {
  const { lookup, server } = await lookupIn(t, { 'many.test': { a: ['10.0.0.1', '10.0.0.2'], ttl: 7 }, 'both.test': { a: ['10.0.0.3'], aaaa: ['fd00::1'] }, 'six.test': { aaaa: ['fd00::1', 'fd00::2'], ttl: 30 } })
  t.same(await lookup('many.test'), { addresses: ['10.0.0.1', '10.0.0.2'], validMs: 7000 })
  t.same(await lookup('Both.Test'), { addresses: ['10.0.0.3'], validMs: 60_000 }, 'IPv4 is preferred')
  t.same(await lookup('six.test'), { addresses: ['fd00::1', 'fd00::2'], validMs: 30_000 })
  t.same(server.questions.slice(2), ['A six.test', 'AAAA six.test'])
  await lookup('six.test')
  t.same(server.questions.slice(4), ['AAAA six.test'], 'what answered last is asked for first')
})

t.test('the settings: an own validity, no IPv6, the hosts file, the search list', async t => {
  const zone = { 'a.test': { a: ['10.0.0.1'], ttl: 7 }, 'six.test': { aaaa: ['fd00::1'] }, 'svc.ns.test': { a: ['10.0.0.9'] } }
  t.same(await (await lookupIn(t, zone, { validMs: 1500 })).lookup('a.test'), { addresses: ['10.0.0.1'], validMs: 1500 })
  await t.rejects((await lookupIn(t, zone, { ipv6: false })).lookup('six.test'), { code: 'ENODATA' })
  const listed = await lookupIn(t, zone, { hosts: new Map([['a.test', ['127.0.0.9']]]) })
  t.match(await listed.lookup('A.test.'), { addresses: ['127.0.0.9'] })
  t.match(await listed.lookup('localhost'), { addresses: ['127.0.0.1'] })
  t.equal(listed.server.count, 0)
  const searching = await lookupIn(t, zone, { search: { domains: ['other.test', 'ns.test'], ndots: 1 } })
  t.match(await searching.lookup('svc'), { addresses: ['10.0.0.9'] })
})

t.test('what has no address says so, and a server that is silent does not take for ever', async t => {
  const { lookup } = await lookupIn(t, { 'silent.test': 'silence' }, { timeoutMs: 300 })
  await t.rejects(lookup('nobody.test'), { code: 'ENOTFOUND' })
  const startedMs = performance.now()
  await t.rejects(lookup('silent.test'), { code: 'ETIMEOUT' })
  t.ok(performance.now() - startedMs < 5000)
})

function cacheWith (lookup: NameLookup) {
  const { log, messages } = recordLog()
  const cache = new NameCache({ lookup, timeoutMs: 200, log, now: Date.now })
  return { cache, messages }
}

t.test('a name that is used is asked for again outside of requests; one that is not is left alone', async t => {
  let asked = 0
  let answer: FoundAddresses = { addresses: ['10.0.0.2', '10.0.0.1'], validMs: 1000 }
  const { cache } = cacheWith(async () => {
    asked++
    return answer
  })
  t.teardown(() => cache.close())
  let changes = 0
  const hold = cache.hold('a.test', () => changes++)
  t.equal(asked, 0, 'nothing is asked before it is used')
  await hold.known()
  t.same([hold.addresses, asked, changes], [['10.0.0.1', '10.0.0.2'], 1, 1])
  t.equal(hold.known(), undefined)
  await until(() => asked === 2, () => 'it was not asked again', 4000)
  t.equal(changes, 1, 'the same addresses in another order are no change')
  answer = { addresses: ['10.0.0.3'], validMs: 1000 }
  t.equal(hold.known(), undefined)
  await until(() => changes === 2)
  t.same(hold.addresses, ['10.0.0.3'])
  const before = asked
  await new Promise(resolve => setTimeout(resolve, 1300)) // nobody used it: what does not happen cannot be waited for
  t.equal(asked, before)
  await hold.known()
  t.equal(asked, before + 1, 'the next request waits for a fresh answer')
})

t.test('the last good addresses stay while DNS fails, and requests do not wait for it', async t => {
  let fails = false
  const { cache, messages } = cacheWith(async () => {
    if (fails) throw new Error('queryA ECONNREFUSED a.test')
    return { addresses: ['10.0.0.1'], validMs: 1000 }
  })
  t.teardown(() => cache.close())
  const hold = cache.hold('a.test', () => {})
  await hold.known()
  t.equal(hold.known(), undefined)
  fails = true
  await until(() => messages(50).length > 0)
  t.same(hold.addresses, ['10.0.0.1'])
  t.equal(hold.known(), undefined)
  t.equal(messages(50)[0], 'dns resolver domain: a.test error: queryA ECONNREFUSED a.test')
})

t.test('a name that was never found makes the first requests wait, for a while, and the next ones not', async t => {
  const { promise, reject } = Promise.withResolvers<FoundAddresses>()
  const { cache } = cacheWith(async () => await promise)
  t.teardown(() => cache.close())
  const hold = cache.hold('a.test', () => {})
  const startedMs = performance.now()
  await Promise.all([hold.known(), hold.known()])
  t.ok(performance.now() - startedMs >= 190, 'the limit')
  reject(new Error('no'))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(hold.known(), undefined)
  t.same(hold.addresses, [])
})

t.test('upstreams that have the same name share it, and the last one lets it go', async t => {
  let asked = 0
  const { cache } = cacheWith(async () => {
    asked++
    return { addresses: ['10.0.0.1'], validMs: 60_000 }
  })
  const holds = [cache.hold('a.test', () => {}), cache.hold('a.test', () => {})]
  await Promise.all(holds.map(async hold => await hold.known()))
  t.equal(asked, 1)
  for (const hold of holds) hold.release()
  t.equal(cache.size, 0)
})

t.test('every address of a name is a node: each is tried, and they take turns', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  let addresses = ['127.0.0.1', '127.0.0.2'] // nothing listens at the second
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', upstream: { nodes: { [`node.test:${upstream.port}`]: 1 }, pass_host: 'node' } as never }], // the schema fills in the rest
    upstreams: { lookup: async () => ({ addresses, validMs: 1000 }) }
  })
  t.teardown(() => gateway.close())
  for (let asked = 0; asked < 4; asked++) {
    const answer = await ask(gateway.port)
    t.equal(answer.status, 200)
    t.equal(fieldOf(answer.received(), 'host'), `node.test:${upstream.port}`)
  }
  t.ok(gateway.lines.some(line => line['node'] === `127.0.0.2:${upstream.port}`), 'the second was tried')
  addresses = ['127.0.0.1']
  await until(async () => {
    await ask(gateway.port)
    return gateway.pools.size === 1
  }, () => 'the address that is gone is still a node', 5000)
})

t.test('a name among others that cannot be resolved is left out; when none can the answer is 503', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({
    routes: [
      { id: '1', uri: '/mixed', upstream: { nodes: { [upstream.node]: 1, 'nobody.test:80': 1 } } as never },
      { id: '2', uri: '/none', upstream: { nodes: { 'nobody.test:80': 1 } } as never }
    ],
    upstreams: { lookup: async name => { throw new Error(`queryA ENOTFOUND ${name}`) } }
  })
  t.teardown(() => gateway.close())
  for (let times = 0; times < 3; times++) t.equal((await ask(gateway.port, { path: '/mixed' })).status, 200)
  t.equal((await ask(gateway.port, { path: '/none' })).status, 503)
  const messages = gateway.lines.map(line => line.msg)
  t.ok(messages.includes('dns resolver domain: nobody.test error: queryA ENOTFOUND nobody.test'))
  t.ok(messages.includes('failed to set upstream: no valid upstream node'))
})

t.test('the variables tell the address that was tried and the name behind it', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  let seen: ReadonlyArray<string | undefined> = []
  const gateway = await startHttpGateway({
    plugins: [{ name: 'look', version: 1, priority: 1, schema: {} as never, create: () => ({ log (context) { seen = ['balancer_ip', 'balancer_port', 'upstream_addr', 'upstream_unresolved_host'].map(name => context.variable(name)) } }) }],
    routes: [{ uri: '/*', plugins: { look: {} }, upstream: { nodes: { [`node.test:${upstream.port}`]: 1 } } as never }],
    upstreams: { lookup: async () => ({ addresses: ['127.0.0.1'], validMs: 60_000 }) }
  })
  t.teardown(() => gateway.close())
  await ask(gateway.port)
  await gateway.over(1)
  t.same(seen, ['127.0.0.1', String(upstream.port), upstream.node, 'node.test'])
})
