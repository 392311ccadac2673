import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { CONTINUE, type CreateHost, type Plugin, type PluginHost, type PluginPhases, type RequestOutcome } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import { chainOf, mergeSets } from '../../packages/data-plane/src/phases/phase-chain.ts'
import { makePluginSet } from '../../packages/data-plane/src/phases/plugin-set.ts'
import { ObjectCompiler } from '../../packages/data-plane/src/snapshot/object-compiler.ts'
import { createUpstreamWorld } from './upstream-world.ts'
import { recordLog } from '../support/log-recorder.ts'
import { refusingNode, startUpstream } from '../support/upstream.ts'
import { ask, fieldOf } from './http-client.ts'
import { catalogOf, startHttpGateway } from './http-gateway.ts'

function plugin (name: string, priority: number, create: (conf: Record<string, unknown>) => PluginPhases): Plugin {
  return { name, version: 1, priority, schema: Type.Object({}, { additionalProperties: true }), create: conf => create(conf as Record<string, unknown>) }
}

async function serve (t: Test, plugins: readonly Plugin[], route: Partial<Route>) {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ plugins, routes: [{ id: 'r', uri: '/*', upstream: { nodes: { [upstream.node]: 1 } } as never, ...route }] }) // the schema checks it
  t.teardown(() => gateway.close())
  return { upstream, gateway, port: gateway.port }
}

/** Notes down every phase it is called in. */
function tracer (name: string, priority: number, trace: string[], isAsync = false): Plugin {
  return plugin(name, priority, () => {
    const say = (phase: string) => () => {
      trace.push(`${name}.${phase}`)
      return isAsync ? Promise.resolve(CONTINUE) : CONTINUE
    }
    return {
      admit: say('admit'),
      rewrite: say('rewrite'),
      access: say('access'),
      beforeProxy: say('beforeProxy'),
      headerFilter: () => { trace.push(`${name}.headerFilter`) },
      log: () => { trace.push(`${name}.log`) }
    }
  })
}

t.test('phases run one after the other, in each of them the plugins by priority', async t => {
  for (const isAsync of [false, true]) {
    const trace: string[] = []
    const { port, gateway } = await serve(t, [tracer('low', 1, trace), tracer('high', 2, trace, isAsync)], { plugins: { low: {}, high: {} } })
    t.equal((await ask(port)).status, 200)
    await gateway.over(1)
    t.strictSame(trace, [
      'high.admit', 'low.admit', 'high.rewrite', 'low.rewrite', 'high.access', 'low.access',
      'high.beforeProxy', 'low.beforeProxy', 'high.headerFilter', 'low.headerFilter', 'high.log', 'low.log'
    ], isAsync ? 'with one that waits' : 'without waiting')
  }
})

t.test('beforeProxy runs again before every retry, the others do not', async t => {
  const trace: string[] = []
  const { port, gateway, upstream } = await serve(t, [tracer('p', 1, trace)], { plugins: { p: {} } })
  gateway.replace([{ uri: '/*', plugins: { p: {} }, upstream: { nodes: { [await refusingNode()]: 1, [upstream.node]: 1 } } as never }])
  t.equal((await ask(port)).status, 200)
  await gateway.over(1)
  t.strictSame(trace, ['p.admit', 'p.rewrite', 'p.access', 'p.beforeProxy', 'p.beforeProxy', 'p.headerFilter', 'p.log'])
})

t.test('a plugin that answers ends the request phases; what comes after runs all the same', async t => {
  const trace: string[] = []
  const stops = plugin('stops', 5, () => ({ access: () => ({ kind: 'respond', response: { status: 403, headers: { 'X-Why': 'so' }, body: { message: 'no' } } }) }))
  const { port, gateway, upstream } = await serve(t, [stops, tracer('p', 1, trace)], { plugins: { p: {}, stops: {} } })
  t.match(await ask(port), { status: 403, body: '{"message":"no"}\n', headers: { 'content-type': 'text/plain; charset=utf-8', 'x-why': 'so', server: 'clinch-test' } })
  await gateway.over(1)
  t.strictSame(trace, ['p.admit', 'p.rewrite', 'p.headerFilter', 'p.log'])
  t.equal(upstream.requests(), 0)
  t.match(gateway.lines, [{ level: 40, msg: 'stops exits with http status code 403', plugin: 'stops' }])
  t.match(gateway.outcomes, [{ status: 403, source: 'gateway' }])
})

t.test('who is refused in admit is seen by the filters and the log of the route all the same', async t => {
  for (const isAsync of [false, true]) {
    const trace: string[] = []
    const refusal = { kind: 'respond', response: { status: 403 } } as const
    const { port, gateway } = await serve(t, [plugin('guard', 5, () => ({ admit: () => isAsync ? Promise.resolve(refusal) : refusal })), tracer('p', 1, trace)], { plugins: { p: {}, guard: {} } })
    t.equal((await ask(port)).status, 403)
    await gateway.over(1)
    t.strictSame(trace, ['p.headerFilter', 'p.log'])
  }
})

t.test('what a plugin answers with', async t => {
  const cases: ReadonlyArray<readonly [response: object, expected: object]> = [
    [{ status: 200, body: 'text' }, { status: 200, body: 'text', headers: { 'content-type': 'text/plain; charset=utf-8' } }],
    [{ status: 200, body: Buffer.from('bytes'), headers: { 'content-type': 'image/png' } }, { body: 'bytes', headers: { 'content-type': 'image/png' } }],
    [{ status: 200, body: '<p>', headers: { 'Content-Type': 'text/html' } }, { headers: { 'content-type': 'text/html; charset=utf-8' } }],
    [{ status: 302, headers: { Location: '/x' } }, { status: 302, body: /<h1>302 Found<\/h1>/, headers: { location: '/x', 'content-type': 'text/html; charset=utf-8' } }],
    [{ status: 204 }, { status: 204, body: '' }],
    [{ status: 418 }, { status: 418, body: '', headers: { 'content-length': '0' } }],
    [{ status: 500 }, { status: 500, body: /<h1>500 Internal Server Error<\/h1>/, headers: { connection: 'close' } }],
    [{ status: 495 }, { status: 400, body: /<title>400 The SSL certificate error<\/title>[^]*<h1>400 Bad Request<\/h1><\/center>\r\n<center>The SSL certificate error</, headers: { connection: 'close' } }],
    [{ status: 200, body: 'x', headers: { 'Set-Cookie': ['a=1', 'b=2'], 'Content-Length': '9', 'Transfer-Encoding': 'chunked' } }, { body: 'x', headers: { 'set-cookie': ['a=1', 'b=2'], 'content-length': '1' } }]
  ]
  for (const [response, expected] of cases) {
    const answers = plugin('answers', 1, () => ({ rewrite: () => ({ kind: 'respond', response: response as never }) })) // each is one
    const { port } = await serve(t, [answers], { plugins: { answers: {} } })
    t.match(await ask(port), expected, JSON.stringify(response))
  }
})

t.test('a phase that throws or rejects is a 500 page and a log line that names it', async t => {
  const cases: ReadonlyArray<readonly [phase: string, phases: PluginPhases]> = [
    ['admit', { admit: () => { throw new Error('broke') } }],
    ['rewrite', { rewrite: async () => await Promise.reject(new Error('broke')) }],
    ['access', { access: () => { throw new Error('broke') } }],
    ['beforeProxy', { beforeProxy: async () => await Promise.reject(new Error('broke')) }],
    ['headerFilter', { headerFilter: () => { throw new Error('broke') } }]
  ]
  for (const [phase, phases] of cases) {
    const { port, gateway } = await serve(t, [plugin('bad', 1, () => phases)], { plugins: { bad: {} } })
    t.match(await ask(port), { status: 500, body: /<h1>500 Internal Server Error<\/h1>/ }, phase)
    t.match(gateway.lines.filter(line => line.level === 50), [{ msg: 'plugin phase failed', plugin: 'bad', phase, err: { message: 'broke' } }])
  }
})

t.test('a log phase that throws keeps no other from logging', async t => {
  const trace: string[] = []
  const bad = plugin('bad', 5, () => ({ log: () => { throw new Error('broke') } }))
  const { port, gateway } = await serve(t, [bad, tracer('p', 1, trace)], { plugins: { bad: {}, p: {} } })
  t.equal((await ask(port)).status, 200)
  await gateway.over(1)
  t.equal(trace.at(-1), 'p.log')
})

t.test('the log phase runs once for every request, however it ended', async t => {
  const outcomes: RequestOutcome[] = []
  const logs = plugin('logs', 1, () => ({ log: (_, outcome) => { outcomes.push(outcome) } }))
  const { port, gateway, upstream } = await serve(t, [logs], { plugins: { logs: {} } })
  await ask(port)
  await upstream.close()
  await ask(port)
  await gateway.over(2)
  t.match(outcomes, [{ status: 200, source: 'upstream' }, { status: 502, source: 'error' }])
})

t.test('plugins change what goes to the upstream', async t => {
  const edits = plugin('edits', 1, () => ({
    rewrite (context) {
      context.upstream.method = 'PUT'
      context.upstream.target = '/other?y'
      context.upstream.host = 'plugin.test'
      context.upstream.headers.set('X-New', 'value')
      context.upstream.headers.set('X-Forwarded-Proto', 'https')
      context.upstream.headers.delete('X-Old')
      return CONTINUE
    }
  }))
  const { port, gateway, upstream } = await serve(t, [edits], { plugins: { edits: {} } })
  const received = (await ask(port, { headers: { 'X-Old': '1' } })).received()
  t.match(received, { method: 'PUT', target: '/other?y' })
  t.match(['host', 'x-new', 'x-forwarded-proto', 'x-old'].map(name => fieldOf(received, name)), ['plugin.test', 'value', 'https', undefined])
  gateway.replace([{ uri: '/*', plugins: { edits: {} }, upstream: { nodes: { [upstream.node]: 1 }, pass_host: 'rewrite', upstream_host: 'inner.test' } as never }])
  t.equal(fieldOf((await ask(port)).received(), 'host'), 'inner.test', 'but for the host where the upstream sets it')
})

t.test('plugins change the head of the answer', async t => {
  const edits = plugin('edits', 1, () => ({
    headerFilter (_, response) {
      response.status = 299
      response.headers.set('Server', 'other')
      response.headers.delete('Content-Type')
    }
  }))
  const { port } = await serve(t, [edits], { plugins: { edits: {} } })
  const answer = await ask(port)
  t.match(answer, { status: 299, headers: { server: 'other' } })
  t.notOk('content-type' in answer.headers)
})

t.test('plugins see the request as it is', async t => {
  const seen: Array<Record<string, unknown>> = []
  const names = [
    'uri', 'request_uri', 'real_request_uri', 'args', 'is_args', 'arg_a', 'arg_flag', 'arg_none', 'http_x_one', 'http_x_forwarded_proto', 'cookie_c',
    'request_method', 'scheme', 'host', 'http_host', 'remote_addr', 'remote_user', 'server_protocol', 'route_id', 'route_name',
    'request_line', 'status', 'upstream_status', 'sent_http_server', 'upstream_http_content_type', 'ssl_protocol', 'nonsense', 'toString'
  ]
  const sees = plugin('sees', 1, () => ({
    access (context) {
      t.match(context.id, /^[0-9a-f]{32}$/)
      t.match(context, { method: 'POST', uri: '/a b', query: 'a=1%202&flag', host: 'x.test', matchedUri: '/*', matchedHost: '', httpVersion: '1.1', scheme: 'http', triedNodes: [] })
      t.equal(context.route?.name, 'named')
      t.equal(context.headers.get('x-one'), '1, 2')
      context.notes.set('sees', 1)
      return CONTINUE
    },
    log (context) {
      t.equal(context.notes.get('sees'), 1)
      t.equal(context.triedNodes.length, 1)
      seen.push(Object.fromEntries(names.map(name => [name, context.variable(name)])))
    }
  }))
  const { port, gateway } = await serve(t, [sees], { name: 'named', plugins: { sees: {} } })
  await ask(port, {
    method: 'POST',
    path: '//a%20b?a=1%202&flag',
    headers: { Host: 'X.test:1', 'X-One': ['1', '2'], Cookie: 'b=0; c=7=8', Authorization: `Basic ${Buffer.from('joe:secret').toString('base64')}`, 'X-Forwarded-Proto': 'https' }
  })
  await gateway.over(1)
  t.strictSame(seen, [{
    uri: '/a b',
    request_uri: '/a b?a=1%202&flag',
    real_request_uri: '//a%20b?a=1%202&flag',
    args: 'a=1%202&flag',
    is_args: '?',
    arg_a: '1 2',
    arg_flag: 'true',
    arg_none: undefined,
    http_x_one: '1, 2',
    http_x_forwarded_proto: 'http',
    cookie_c: '7=8',
    request_method: 'POST',
    scheme: 'http',
    host: 'x.test',
    http_host: 'X.test:1',
    remote_addr: '127.0.0.1',
    remote_user: 'joe',
    server_protocol: 'HTTP/1.1',
    route_id: 'r',
    route_name: 'named',
    request_line: 'POST //a%20b?a=1%202&flag HTTP/1.1',
    status: '200',
    upstream_status: '200',
    sent_http_server: 'clinch-test',
    upstream_http_content_type: 'application/json',
    ssl_protocol: undefined,
    nonsense: undefined,
    toString: undefined
  }])
})

t.test('_meta of an instance', async t => {
  const names = (plugins: Record<string, unknown>) => {
    const trace: string[] = []
    const catalog = catalogOf([tracer('a', 3, trace), tracer('b', 2, trace), tracer('c', 1, trace)])
    const { set, problems } = makePluginSet(plugins, { ownerKey: 'routes/1' }, { catalog, hostOf: () => ({}) as CreateHost }) // tracers look at none
    const chain = chainOf(mergeSets([set]))
    return { order: chain.rewrite.map(step => step.plugin).join(''), problems }
  }
  t.match(names({ a: {}, b: {}, c: { _meta: { priority: 9 } } }), { order: 'cab' }, 'its own priority')
  t.match(names({ a: {}, b: { _meta: { disable: true } } }), { order: 'a', problems: [] }, 'left out')
  t.match(names({ a: { wrong: 1, _meta: { disable: true } } }), { order: '', problems: [] }, 'left out, so its errors do not matter')
  t.match(names({ a: {}, x: {} }), {
    order: 'a',
    problems: [{ level: 'warn', plugin: 'x', message: 'skipping check schema for disabled or unknown plugin [x]. Enable the plugin or modify configuration' }]
  }, 'a plugin that is not loaded')
  t.match(names({ a: { wrong: 1 } }), { order: '', problems: [{ level: 'error', plugin: 'a', message: /wrong$/ }] }, 'a configuration that is not valid')
  t.match(names({ a: { _meta: { filter: 'x' } } }), { order: 'a', problems: [{ level: 'warn', message: /^failed to get the 'vars' expression: / }] }, 'a filter that cannot be')
})

t.test('a filter decides once for the whole request', async t => {
  const trace: string[] = []
  const flips = plugin('flips', 9, () => ({
    access (context) {
      context.upstream.headers.set('X-Any', '1')
      return CONTINUE
    }
  }))
  const { port, gateway } = await serve(t, [tracer('p', 1, trace), flips], { plugins: { flips: {}, p: { _meta: { filter: [['arg_on', '==', '1']] } } } })
  await ask(port, { path: '/?on=0' })
  await gateway.over(1)
  t.strictSame(trace, [])
  await ask(port, { path: '/?on=1' })
  await gateway.over(2)
  t.equal(trace.length, 6)
})

t.test('error_response stands in for the body of refusals, and for no other', async t => {
  const answers = plugin('answers', 1, () => ({ rewrite: context => ({ kind: 'respond', response: { status: Number(context.query), body: 'own' } }) }))
  const { port } = await serve(t, [answers], { plugins: { answers: { _meta: { error_response: { error: 'theirs' } } } } })
  t.match(await ask(port, { path: '/?401' }), { status: 401, body: '{"error":"theirs"}\n' })
  t.match(await ask(port, { path: '/?200' }), { status: 200, body: 'own' })
})

t.test('a route whose plugin cannot be made is not served without it', async t => {
  const { log, messages } = recordLog()
  const { commons } = createUpstreamWorld()
  t.teardown(() => commons.close())
  let closed = 0
  const makings = {
    catalog: catalogOf([
      plugin('fine', 2, () => ({ close: () => { closed++ } })),
      plugin('fails', 1, () => { throw new Error('no such thing') })
    ]),
    hostOf: () => ({}) as PluginHost, // neither looks at it
    upstreams: commons,
    decryptKey: (stored: string) => stored,
    log
  }
  const compiler = new ObjectCompiler(makings)
  const compile = (plugins: Record<string, unknown>) => compiler.route(
    { key: 'routes/1', value: JSON.stringify({ uri: '/', plugins, upstream: { nodes: { '127.0.0.1:1': 1 } } }), createRevision: 1, modRevision: 1 },
    { service: () => undefined, pluginConfig: () => undefined, ssl: () => undefined }
  )
  t.throws(() => compile({ fine: {}, fails: {} }), { name: 'UnusableObject', message: 'failed to create plugin [fails]: no such thing' })
  t.equal(closed, 1, 'what was made is closed')
  t.throws(() => compile({ fine: { wrong: 1 } }), { message: /^failed to check the configuration of plugin fine/ })
  const built = compile({ unknown: {} })
  t.match(messages(40), [/^skipping check schema for disabled or unknown plugin \[unknown\]/])
  t.equal(commons.pools.size, 1)
  built.retire()
  built.retire()
  t.equal(commons.pools.size, 0)
})

t.test('a plugin is closed when its configuration is gone and its last request has ended', async t => {
  let closed = 0
  const held = Promise.withResolvers<typeof CONTINUE>()
  const arrived = Promise.withResolvers<void>()
  const holds = plugin('holds', 1, () => ({
    rewrite () {
      arrived.resolve()
      return held.promise
    },
    close: () => { closed++ }
  }))
  const { port, gateway } = await serve(t, [holds], { plugins: { holds: {} } })
  const answered = ask(port)
  await arrived.promise
  gateway.replace([])
  t.equal(closed, 0)
  held.resolve(CONTINUE)
  t.equal((await answered).status, 200)
  await gateway.over(1)
  t.equal(closed, 1)
})

t.test('a plugin that is still thinking when the client leaves sends nothing anywhere', async t => {
  const held = Promise.withResolvers<typeof CONTINUE>()
  const leave = new AbortController()
  const holds = plugin('holds', 1, () => ({
    rewrite () {
      leave.abort()
      return held.promise
    }
  }))
  const { port, gateway, upstream } = await serve(t, [holds], { plugins: { holds: {} } })
  await t.rejects(ask(port, { signal: leave.signal }))
  await gateway.over(1)
  held.resolve(CONTINUE)
  await held.promise
  t.match(gateway.outcomes, [{ status: 499, upstreamMs: undefined }])
  t.equal(upstream.requests(), 0)
})

t.test('a connection that is refused for its host gets the 400 page and its reason is logged', async t => {
  const gateway = await startHttpGateway({ routes: [], connection: { judge: (host, uri) => ({ kind: 'refuse', reason: `${host} ${uri} no` }) } })
  t.teardown(() => gateway.close())
  t.match(await ask(gateway.port, { path: '/x', headers: { host: 'H.test' } }), { status: 400, body: /<h1>400 Bad Request<\/h1>/, headers: { connection: 'close' } })
  t.match(gateway.lines, [{ level: 50, msg: 'h.test /x no' }])
})
