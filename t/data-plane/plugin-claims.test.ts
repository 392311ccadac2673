import { connect } from 'node:http2'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { CONTINUE, type Plugin, type RequestContext } from '@clinch/plugins'
import type { Connection } from '../../packages/data-plane/src/connection.ts'
import { createAuthority } from '../support/pki.ts'
import { startUpstream, type Received } from '../support/upstream.ts'
import { ask, fieldOf } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

async function serve (t: { teardown: (close: () => Promise<void>) => void }, options: Partial<HttpGatewayOptions> = {}) {
  const upstream = await startUpstream()
  t.teardown(async () => await upstream.close())
  const gateway = await startHttpGateway({ routes: [{ uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never }], ...options }) // the schema checks it
  t.teardown(async () => await gateway.close())
  return { upstream, gateway }
}

const schema = Type.Object({})
const vouching: Plugin = {
  name: 'vouching',
  version: 1,
  priority: 1,
  schema,
  reservedFields: () => ['X-Vouched-For'],
  create: () => ({})
}
const spellings = { 'X-Vouched-For': 'a', x_vouched_for: 'b', 'X_VOUCHED-FOR': 'c', 'x.vouched.for': 'd' }
const isSpelling = (name: string): boolean => /vouched/i.test(name)

t.test('no client can send a field that a loaded plugin keeps to itself, on routes without the plugin as well', async t => {
  const { gateway } = await serve(t, { plugins: [vouching] })
  const received = (await ask(gateway.port, { headers: { ...spellings, 'X-Vouched': 'kept', Connection: 'x-other, close' } })).received()
  t.strictSame(received.rawHeaders.filter(isSpelling), ['X-Vouched'])
  t.equal(fieldOf(received, 'x-vouched'), 'kept')
})

t.test('nor over HTTP/2', async t => {
  const { gateway } = await serve(t, { plugins: [vouching], protocol: 'http2' })
  const session = connect(gateway.url)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':path': '/', 'x-vouched-for': 'a', x_vouched_for: 'b', 'x-vouched': 'kept' })
  await once(stream, 'response')
  const received = JSON.parse(await text(stream)) as Received
  t.strictSame(received.rawHeaders.filter(isSpelling), ['x-vouched'])
})

t.test('without the plugin the field is one like any other', async t => {
  const { gateway } = await serve(t)
  const received = (await ask(gateway.port, { headers: spellings })).received()
  t.strictSame(received.rawHeaders.filter(isSpelling), Object.keys(spellings))
})

t.test('plugins, conditions and variables do not see it either; what a plugin adds goes on', async t => {
  const seen: unknown[] = []
  const reading: Plugin = {
    name: 'reading',
    version: 1,
    priority: 2,
    schema,
    create: () => ({
      rewrite (context: RequestContext) {
        seen.push(context.headers.get('x-vouched-for'), context.variable('http_x_vouched_for'), context.upstream.headers.get('x-vouched-for'))
        context.upstream.headers.append('X-Vouched-For', 'ours')
        return CONTINUE
      }
    })
  }
  const { upstream } = await serve(t)
  const node = { nodes: { [upstream.node]: 1 } } as never // the schema checks it
  const { gateway } = await serve(t, {
    plugins: [vouching, reading],
    routes: [
      { uri: '/*', priority: 1, vars: [['http_x_vouched_for', '==', 'a']], upstream: { nodes: { '127.0.0.1:1': 1 } } as never },
      { uri: '/*', plugins: { reading: {} }, upstream: node }
    ]
  })
  const answer = await ask(gateway.port, { headers: spellings })
  t.equal(answer.status, 200)
  t.strictSame(seen, [undefined, undefined, undefined])
  t.equal(fieldOf(answer.received(), 'x-vouched-for'), 'ours')
})

t.test('a plugin adds variables, which its phases make; the names of the gateway stay its own', async t => {
  const key = Symbol('mood')
  const moody: Plugin = {
    name: 'moody',
    version: 1,
    priority: 3,
    schema,
    variables: { mood: ({ notes }) => notes.get(key) as string | undefined, host: () => 'taken' },
    create: () => ({
      admit (context) {
        context.notes.set(key, `${context.variable('mood') ?? 'none'}, then good`)
        return CONTINUE
      },
      headerFilter: (context, { headers }) => { headers.set('X-Mood', `${context.variable('mood') ?? ''} at ${context.variable('host') ?? ''}`) }
    })
  }
  const { upstream } = await serve(t)
  const { gateway } = await serve(t, { plugins: [moody], routes: [{ uri: '/*', plugins: { moody: {} }, upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.equal((await ask(gateway.port, { headers: { Host: 'here.test' } })).headers['x-mood'], 'none, then good at here.test')
})

t.test('the variables about a client certificate are those of the connection, and there only where one was shown', async t => {
  const { certificate } = createAuthority().issue({ subject: 'one' })
  const showing: Plugin = {
    name: 'showing',
    version: 1,
    priority: 1,
    schema,
    create: () => ({ headerFilter: (context, { headers }) => { headers.set('X-Client', ['verify', 's_dn', 'fingerprint', 'v_remain'].map(name => context.variable(`ssl_client_${name}`) ?? '-').join(' ')) } })
  }
  const facts = { sni: 'a.test', protocol: 'TLSv1.3', cipher: 'c', resumed: false, sslId: '1', ssl: {}, dependOn: () => {} }
  const shown = async (tls: unknown): Promise<unknown> => {
    const { upstream } = await serve(t)
    const { gateway } = await serve(t, {
      plugins: [showing],
      routes: [{ uri: '/*', plugins: { showing: {} }, upstream: { nodes: { [upstream.node]: 1 } } as never }],
      connection: { tls } as Partial<Connection>
    })
    return (await ask(gateway.port)).headers['x-client']
  }
  t.match(await shown({ ...facts, client: { verify: 'SUCCESS', certificate, issuers: [] } }), /^SUCCESS CN=one [0-9a-f]{40} 29$/)
  t.match(await shown({ ...facts, client: { verify: 'FAILED:certificate has expired', certificate, issuers: [] } }), /^FAILED:certificate has expired CN=one/)
  t.equal(await shown({ ...facts, client: undefined }), 'NONE - - -')
  t.equal(await shown(undefined), '- - - -')
})
