import type { IncomingHttpHeaders } from 'node:http'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { CONTINUE, type Plugin, type PluginPhases } from '@clinch/plugins'
import type { Route, Upstream } from '@clinch/schema'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

/** Notes down who was there: `name=where` in `X-Trace` towards the upstream, phase by phase. */
function tracer (name: string, priority: number, more: Partial<Plugin> = {}): Plugin {
  return {
    name,
    version: 1,
    priority,
    schema: Type.Object({}, { additionalProperties: true }),
    create: (conf): PluginPhases => ({
      rewrite: context => note(context, `${name}=${where(conf)}`),
      access: context => note(context, `${name}=${where(conf)}!`)
    }),
    ...more
  }
}

function where (conf: unknown): string {
  return String((conf as { at?: unknown }).at)
}

function note (context: Parameters<NonNullable<PluginPhases['rewrite']>>[0], text: string) {
  context.upstream.headers.append('X-Trace', text)
  return CONTINUE
}

const auth: Plugin = {
  ...tracer('auth', 2500),
  type: 'auth',
  create: () => ({
    rewrite (context) {
      const found = context.consumers.find('auth', 'key', context.headers.get('x-key') ?? '')
      if (found === undefined) return { kind: 'respond', response: { status: 401, body: { message: 'who?' } } }
      context.attachConsumer(found)
      return CONTINUE
    }
  })
}

async function serve (t: Test, route: Partial<Route>, objects: Readonly<Record<string, object>> = {}, plugins: readonly Plugin[] = [tracer('a', 2), tracer('b', 1), auth]) {
  const received: IncomingHttpHeaders[] = []
  const upstream = await startUpstream({
    handler (request, response) {
      received.push(request.headers)
      response.write('one ')
      response.end('two')
    }
  })
  t.teardown(() => upstream.close())
  const nodes = { [upstream.node]: 1 }
  const gateway = await startHttpGateway({ plugins, objects: withNodes(objects, nodes), routes: [{ id: 'r', uri: '/*', ...route }] })
  t.teardown(() => gateway.close())
  return { received, gateway, port: gateway.port }
}

// `nodes: 'here'` stands for the upstream of the test
function withNodes (objects: Readonly<Record<string, object>>, nodes: object): Record<string, object> {
  return JSON.parse(JSON.stringify(objects).replaceAll('"here"', JSON.stringify(nodes))) as Record<string, object>
}

const upstreams = { 'upstreams/u': { nodes: 'here' } }

t.test('a route goes to the upstream that it refers to, its own timeout with it', async t => {
  const { port } = await serve(t, { upstream_id: 'u', timeout: { connect: 1, send: 1, read: 1 } }, upstreams)
  t.equal((await ask(port)).status, 200)
})

t.test('what a route refers to may be missing: 502 for the upstream, 404 for the service, 503 for the plugin config', async t => {
  const cases = [
    [{ upstream_id: 'gone' }, 502, 'failed to find upstream by id: gone'],
    [{ service_id: 'gone' }, 404, 'failed to fetch service configuration by id: gone'],
    [{ upstream_id: 'u', plugin_config_id: 'gone' }, 503, 'failed to fetch plugin config by id: gone'],
    [{ plugins: {} }, 503, 'failed to set upstream: missing upstream configuration in Route or Service']
  ] as const
  for (const [route, status, reason] of cases) {
    const { port, gateway } = await serve(t, route, upstreams)
    t.equal((await ask(port)).status, status, reason)
    t.match(gateway.lines.filter(({ level }) => level === 50).map(({ msg }) => msg), [reason])
  }
})

t.test('a route takes from its service what it lacks: hosts, upstream, websocket, plugins', async t => {
  const objects = { 'services/s': { hosts: ['a.test'], upstream: { nodes: 'here' }, plugins: { a: { at: 'service' }, b: { at: 'service' } } } }
  const { port, received } = await serve(t, { service_id: 's', plugins: { b: { at: 'route' } } }, objects)
  t.equal((await ask(port, { headers: { Host: 'b.test' } })).status, 404)
  t.equal((await ask(port, { headers: { Host: 'a.test' } })).status, 200)
  t.equal(received[0]?.['x-trace'], 'a=service, b=route, a=service!, b=route!')
})

t.test('of one plugin in several places one runs: consumer, group, route, plugin config, service in that order', async t => {
  const everywhere = (at: string) => ({ a: { at } })
  const levels = [
    ['consumer', { 'consumers/jack': { plugins: { auth: { key: 'k' }, a: { at: 'consumer' } }, group_id: 'g' }, 'consumer_groups/g': { plugins: everywhere('group') } }, { plugins: { auth: {}, ...everywhere('route') } }],
    ['group', { 'consumers/jack': { plugins: { auth: { key: 'k' } }, group_id: 'g' }, 'consumer_groups/g': { plugins: everywhere('group') } }, { plugins: { auth: {}, ...everywhere('route') } }],
    ['route', {}, { plugins: everywhere('route'), plugin_config_id: 'p' }],
    ['config', {}, { plugin_config_id: 'p' }],
    ['service', {}, { plugins: {} }]
  ] as const
  for (const [winner, objects, route] of levels) {
    const { port, received } = await serve(t, { ...route, service_id: 's' }, {
      'services/s': { upstream: { nodes: 'here' }, plugins: everywhere('service') }, 'plugin_configs/p': { plugins: everywhere('config') }, ...objects
    })
    t.equal((await ask(port, { headers: { 'X-Key': 'k' } })).status, 200)
    t.match(received[0]?.['x-trace'], new RegExp(`a=${winner}!$`), winner)
  }
})

t.test('_meta.disable on a route switches off the plugin that its service has', async t => {
  const objects = { 'services/s': { upstream: { nodes: 'here' }, plugins: { a: { at: 'service' } } } }
  const { port, received } = await serve(t, { service_id: 's', plugins: { a: { _meta: { disable: true } } } }, objects)
  t.equal((await ask(port)).status, 200)
  t.equal(received[0]?.['x-trace'], undefined)
})

t.test('a consumer is found by its own key and by those of its credentials, and the upstream is told', async t => {
  const objects = {
    ...upstreams,
    'consumers/jack': { plugins: { auth: { key: 'own' } }, labels: { custom_id: '7' } },
    'consumers/jack/credentials/c1': { plugins: { auth: { key: 'second' } } },
    'consumers/jill': { plugins: { auth: { key: 'hers' } } }
  }
  const { port, received } = await serve(t, { upstream_id: 'u', plugins: { auth: {} } }, objects)
  const spoofed = { 'X-Consumer-Username': 'root', 'X-Credential-Identifier': 'root', 'X-Consumer-Custom-ID': '0' }
  t.match(await ask(port, { headers: { 'X-Key': 'nobody' } }), { status: 401, body: '{"message":"who?"}\n' })
  for (const key of ['own', 'second', 'hers']) t.equal((await ask(port, { headers: { 'X-Key': key, ...spoofed } })).status, 200)
  const told = received.map(headers => [headers['x-consumer-username'], headers['x-credential-identifier'], headers['x-consumer-custom-id']])
  t.strictSame(told, [['jack', undefined, '7'], ['jack', 'c1', '7'], ['jill', undefined, undefined]])
})

t.test('plugins that only the consumer has still get their rewrite, after those of the route', async t => {
  const objects = { ...upstreams, 'consumers/jack': { plugins: { auth: { key: 'k' }, a: { at: 'consumer' } } } }
  const { port, received } = await serve(t, { upstream_id: 'u', plugins: { auth: {}, b: { at: 'route' } } }, objects)
  t.equal((await ask(port, { headers: { 'X-Key': 'k' } })).status, 200)
  t.equal(received[0]?.['x-trace'], 'b=route, a=consumer, a=consumer!, b=route!')
})

t.test('a consumer of a group that is missing gets 503, and no plugin goes on', async t => {
  const objects = { ...upstreams, 'consumers/jack': { plugins: { auth: { key: 'k' } }, group_id: 'gone' } }
  const { port, received, gateway } = await serve(t, { upstream_id: 'u', plugins: { auth: {} } }, objects)
  t.equal((await ask(port, { headers: { 'X-Key': 'k' } })).status, 503)
  t.match(gateway.lines.at(-1), { msg: 'failed to fetch consumer group config by id: gone' })
  t.equal(received.length, 0)
})

t.test('global rules run for every request, before the plugins of the route, and where there is no route', async t => {
  const marks = { ...tracer('marks', 9), create: () => ({ headerFilter: (_context, response) => response.headers.set('X-Mark', 'yes') }) } satisfies Plugin
  const objects = { ...upstreams, 'global_rules/1': { plugins: { a: { at: 'global' }, marks: {} } } }
  const { port, received } = await serve(t, { uri: '/here', upstream_id: 'u', plugins: { a: { at: 'route' } } }, objects, [tracer('a', 2), marks])
  t.equal((await ask(port, { path: '/here' })).status, 200)
  t.equal(received[0]?.['x-trace'], 'a=global, a=route, a=global!, a=route!')
  const missing = await ask(port, { path: '/nowhere' })
  t.equal(missing.status, 404)
  t.equal(missing.headers['x-mark'], 'yes')
})

t.test('of a plugin that two global rules have none runs, and the log says so', async t => {
  const objects = { ...upstreams, 'global_rules/1': { plugins: { a: { at: '1' } } }, 'global_rules/2': { plugins: { a: { at: '2' }, b: { at: '2' } } } }
  const { port, received, gateway } = await serve(t, { upstream_id: 'u' }, objects)
  t.equal((await ask(port)).status, 200)
  t.equal(received[0]?.['x-trace'], 'b=2, b=2!')
  t.match(gateway.lines.filter(({ level }) => level === 50), [{ msg: 'Found a configured across different global rules. Removing it from execution list' }])
})

t.test('a global instance that prefers the route is left out where the route has one of its own', async t => {
  const objects = { ...upstreams, 'global_rules/1': { plugins: { polite: { at: 'global' } } } }
  for (const [plugins, trace] of [[{ polite: { at: 'route' } }, 'polite=route, polite=route!'], [{}, 'polite=global, polite=global!']] as const) {
    const { port, received } = await serve(t, { upstream_id: 'u', plugins }, objects, [tracer('polite', 1, { runPolicy: 'prefer_route' })])
    t.equal((await ask(port)).status, 200)
    t.equal(received[0]?.['x-trace'], trace)
  }
})

t.test('a body filter sees every chunk and the end, and what it returns is what the client gets', async t => {
  const upper: Plugin = {
    ...tracer('upper', 1),
    create: () => ({
      headerFilter: (_context, response) => response.headers.delete('content-length'),
      bodyFilter: (_context, chunk, isLast) => Buffer.from(chunk.toString().toUpperCase() + (isLast ? '.' : ''))
    })
  }
  const answers: Plugin = { ...tracer('answers', 2), create: () => ({ access: context => context.uri === '/own' ? { kind: 'respond', response: { status: 200, body: 'own' } } : CONTINUE }) }
  const { port } = await serve(t, { upstream_id: 'u', plugins: { upper: {}, answers: {} } }, upstreams, [upper, answers])
  t.match(await ask(port), { status: 200, body: 'ONE TWO.' })
  t.match(await ask(port, { path: '/own' }), { status: 200, body: 'OWN.' }, 'also of an answer that a plugin gave')
})

t.test('a plugin sends a request to an upstream of its own, or to another of the configuration', async t => {
  const own = await startUpstream({ handler: (_request, response) => { response.end('own') } })
  t.teardown(() => own.close())
  const chooser: Plugin = {
    ...tracer('chooser', 1),
    create (conf, host) {
      const upstream = host.compileUpstream((conf as { upstream: Upstream }).upstream)
      return {
        access (context) {
          if (context.uri === '/' || context.sendTo(context.uri === '/own' ? upstream : context.uri.slice(1))) return CONTINUE
          return { kind: 'respond', response: { status: 418 } }
        },
        close: () => upstream.close()
      }
    }
  }
  const compiled = { type: 'roundrobin', scheme: 'http', pass_host: 'pass', hash_on: 'vars', nodes: { [own.node]: 1 } }
  const { port, gateway } = await serve(t, { upstream_id: 'u', plugins: { chooser: { upstream: compiled } } }, upstreams, [chooser])
  const bodies = []
  for (const path of ['/', '/own', '/u']) bodies.push((await ask(port, { path })).body)
  t.strictSame(bodies, ['one two', 'own', 'one two'])
  t.equal((await ask(port, { path: '/gone' })).status, 418, 'which it is told when there is none')
  t.equal(gateway.pools.size, 2)
  gateway.replace([{ uri: '/', plugins: {} }])
  t.equal(gateway.pools.size, 1, 'the plugin let its upstream go')
})
