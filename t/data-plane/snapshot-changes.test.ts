import t, { type Test } from 'tap'
import type { PluginHost } from '@clinch/plugins'
import { matchRoute } from '../../packages/data-plane/src/router/route-table.ts'
import type { ConfigChange } from '../../packages/data-plane/src/snapshot/config-object.ts'
import { atOnce, inSlices } from '../../packages/data-plane/src/snapshot/in-slices.ts'
import { ObjectCompiler } from '../../packages/data-plane/src/snapshot/object-compiler.ts'
import { PluginMetadata } from '../../packages/data-plane/src/snapshot/plugin-metadata.ts'
import { SnapshotBuilder, type SnapshotChange } from '../../packages/data-plane/src/snapshot/snapshot-builder.ts'
import { createSslReader } from '../../packages/data-plane/src/snapshot/stored-ssl.ts'
import { matchName } from '../../packages/data-plane/src/tls/match-ssl.ts'
import { recordLog } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'
import { catalogOf } from './http-gateway.ts'
import { headOf } from './route-tables.ts'
import { createUpstreamWorld } from './upstream-world.ts'

let revision = 0

function put (key: string, value: object): ConfigChange {
  return { kind: 'put', object: { key, value: JSON.stringify(value), createRevision: 1, modRevision: ++revision } }
}

function remove (key: string): ConfigChange {
  return { kind: 'delete', key }
}

function createBuilder (t: Test) {
  const { log } = recordLog('debug')
  const catalog = catalogOf([])
  const metadata = new PluginMetadata()
  const { commons } = createUpstreamWorld()
  t.teardown(() => commons.close())
  return new SnapshotBuilder({ routeMatcher: 'radixtree_host_uri', decryptKey: stored => stored, metadata, isReady: () => true, log }, {
    readSsl: createSslReader(catalog),
    compiler: new ObjectCompiler({ catalog, hostOf: () => ({}) as PluginHost, upstreams: commons, decryptKey: stored => stored, log }), // no plugin asks for anything
    setMetadata: () => undefined
  })
}

const route = (more: object = {}): object => ({ uri: '/a', plugins: {}, ...more })

t.test('of equal routes the first one matches: an update keeps its place, a route that comes back goes to the end', async t => {
  const builder = createBuilder(t)
  const after = (...changes: ConfigChange[]): string | undefined => matchRoute(atOnce(builder.apply(changes)).snapshot.routes, headOf({ uri: '/a' }))?.route.route.name
  t.equal(after(put('routes/1', route({ name: 'one' })), put('routes/2', route({ name: 'two' }))), 'one')
  t.equal(after(put('routes/1', route({ name: 'one again' }))), 'one again')
  t.equal(after(put('routes/1', { uri: 7 })), 'one again', 'one that does not build stays what it was')
  t.equal(after(remove('routes/1')), 'two')
  t.equal(after(put('routes/1', route({ name: 'back' }))), 'two')
  t.equal(after(remove('routes/2')), 'back')
  t.equal(after(put('routes/0', { uri: 7 }), put('routes/3', route({ name: 'three' })), remove('routes/1'), put('routes/0', route({ name: 'late' }))), 'late', 'a first failure takes its place')
})

t.test('a snapshot that a request holds does not change', async t => {
  const builder = createBuilder(t)
  const first = atOnce(builder.apply([put('routes/1', route({ name: 'one' }))]))
  const second = atOnce(builder.apply([put('routes/1', route({ name: 'two' })), put('routes/2', route({ uri: '/b' }))]))
  atOnce(builder.apply([remove('routes/1')]))
  t.equal(matchRoute(first.snapshot.routes, headOf({ uri: '/a' }))?.route.route.name, 'one')
  t.equal(matchRoute(first.snapshot.routes, headOf({ uri: '/b' })), undefined)
  t.equal(matchRoute(second.snapshot.routes, headOf({ uri: '/a' }))?.route.route.name, 'two')
  t.equal(second.retired.length, 1, 'what was replaced is let go of')
})

t.test('a route moves when the hosts of its service do', async t => {
  const builder = createBuilder(t)
  const hostsThatMatch = ({ snapshot }: SnapshotChange): string[] => ['a.com', 'b.com', 'c.com'].filter(host => matchRoute(snapshot.routes, headOf({ host, uri: '/a' })) !== undefined)
  t.strictSame(hostsThatMatch(atOnce(builder.apply([put('routes/1', route({ service_id: '1' }))]))), ['a.com', 'b.com', 'c.com'], 'a missing service has no hosts')
  t.strictSame(hostsThatMatch(atOnce(builder.apply([put('services/1', { hosts: ['a.com'] })]))), ['a.com'])
  t.strictSame(hostsThatMatch(atOnce(builder.apply([put('services/1', { hosts: ['b.com', 'c.com'] })]))), ['b.com', 'c.com'])
  t.strictSame(hostsThatMatch(atOnce(builder.apply([put('routes/1', route({ service_id: '1', host: 'a.com' }))]))), ['a.com'])
})

t.test('of equal names the first ssl serves, and the next one when it is gone or off', async t => {
  const { chainPem, keyPem } = createAuthority().issue({ sans: ['x.test'] })
  const ssl = (snis: readonly string[], more: object = {}): object => ({ cert: chainPem, key: keyPem, snis, ...more })
  const builder = createBuilder(t)
  const after = (name: string, ...changes: ConfigChange[]): string | undefined => matchName(atOnce(builder.apply(changes)).snapshot.names, name)?.id
  t.equal(after('x.test', put('ssls/1', ssl(['x.test'])), put('ssls/2', ssl(['x.test', '*.x.test'])), put('ssls/3', ssl(['*']))), '1')
  t.equal(after('a.x.test'), '2')
  t.equal(after('a.b.x.test'), '3', 'a star stands for one label, the lone one for all')
  t.equal(after('A.X.test.'), '2')
  t.equal(after('x.test', put('ssls/1', ssl(['x.test'], { status: 0 }))), '2')
  t.equal(after('x.test', put('ssls/1', ssl(['x.test']))), '1', 'it kept its place')
  t.equal(after('x.test', remove('ssls/1')), '2')
  t.equal(after('x.test', put('ssls/2', ssl(['other.test']))), '3')
  t.equal(after('x.test', remove('ssls/3')), undefined)
})

t.test('an ssl that nobody used keeps no more than its names and how to read it', async t => {
  const { chainPem, keyPem } = createAuthority().issue({ sans: ['x.test'] })
  const builder = createBuilder(t)
  const change = put('ssls/1', { cert: chainPem, key: keyPem, snis: ['x.test'] })
  const first = matchName(atOnce(builder.apply([change])).snapshot.names, 'x.test')
  t.equal(first?.resource.cert, chainPem)
  t.notOk('key' in (first?.resource ?? {}))
  t.equal(matchName(atOnce(builder.apply([change])).snapshot.names, 'x.test'), first, 'the same again is the same, with its sessions')
})

t.test('a long change leaves turns for everything else', async t => {
  const turns: number[] = []
  const timer = setInterval(() => turns.push(performance.now()), 0)
  t.teardown(() => clearInterval(timer))
  const giveUpMs = performance.now() + 10_000
  function * job (): Generator<void, string> {
    while (turns.length < 3 && performance.now() < giveUpMs) yield
    return 'done'
  }
  t.equal(await inSlices(job()), 'done')
  t.equal(turns.length, 3)
})
