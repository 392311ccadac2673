import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import type { Plugin } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

const plainPath = { deleteTailSlash: false, likeServlet: false, keepEncodedSlash: false }

/** Answers with variables of the request. */
const teller: Plugin = {
  name: 'teller',
  version: 1,
  priority: 1,
  schema: Type.Object({}, { additionalProperties: true }),
  create: conf => ({
    access: context => ({ kind: 'respond', response: { status: 200, body: (conf as { names: string[] }).names.map(name => `${name}=${context.variable(name)}`).join(' ') } })
  })
}

async function serve (t: Test, routes: ReadonlyArray<Partial<Route>>, options: Partial<HttpGatewayOptions> = {}) {
  const gateway = await startHttpGateway({ plugins: [teller], routes, ...options })
  t.teardown(() => gateway.close())
  return gateway
}

t.test('like a servlet container: routes see the path without its parameters, the upstream sees them', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await serve(t, [{ uri: '/a/b', upstream: { nodes: { [upstream.node]: 1 } } } as unknown as Partial<Route>], { settings: { path: { ...plainPath, likeServlet: true } } })
  t.equal((await ask(gateway.port, { path: '/a;x=1/b;y?q=1' })).received().target, '/a;x=1/b;y?q=1')
  t.equal((await ask(gateway.port, { path: '/a/..;/a/b' })).status, 400)
  t.ok(gateway.lines.some(({ msg }) => msg === 'failed to normalize: dot segment with parameter'))
})

t.test('an encoded slash is part of a segment where that is configured', async t => {
  const routes: ReadonlyArray<Partial<Route>> = [{ uri: '/files/:name', plugins: { teller: { names: ['uri_param_name', 'uri'] } } }]
  const kept = await serve(t, routes, { routeMatcher: 'radixtree_uri_with_parameter', settings: { path: { ...plainPath, keepEncodedSlash: true } } })
  t.equal((await ask(kept.port, { path: '/files/a%2fb' })).body, 'uri_param_name=a%2Fb uri=/files/a/b')
  const decoded = await serve(t, routes, { routeMatcher: 'radixtree_uri_with_parameter' })
  t.equal((await ask(decoded.port, { path: '/files/a%2fb' })).status, 404)
})

t.test('a final slash is no difference where that is configured', async t => {
  const gateway = await serve(t, [{ uri: '/a', plugins: { teller: { names: ['uri'] } } }], { settings: { path: { ...plainPath, deleteTailSlash: true } } })
  t.equal((await ask(gateway.port, { path: '/a/' })).body, 'uri=/a')
})

t.test('parameters of the path are variables, and nothing else is by their name', async t => {
  const gateway = await serve(t, [{ uri: '/:tenant/*rest', plugins: { teller: { names: ['uri_param_tenant', 'uri_param_rest', 'uri_param_none', 'uri_param_constructor'] } } }], { routeMatcher: 'radixtree_uri_with_parameter' })
  t.equal((await ask(gateway.port, { path: '/acme/x/y' })).body, 'uri_param_tenant=acme uri_param_rest=x/y uri_param_none=undefined uri_param_constructor=undefined')
})

t.test('with the path first a host pattern may name a port', async t => {
  const gateway = await serve(t, [{ uri: '/*', host: 'a.com:8080', plugins: { teller: { names: ['host'] } } }], { routeMatcher: 'radixtree_uri' })
  t.equal((await ask(gateway.port, { headers: { host: 'A.com:8080' } })).body, 'host=a.com')
  t.equal((await ask(gateway.port, { headers: { host: 'a.com' } })).status, 404)
})

t.test('no route is 404 with the answer of APISIX, whatever the method', async t => {
  const gateway = await serve(t, [{ uri: '/a', methods: ['GET'], plugins: { teller: { names: ['uri'] } } }])
  t.match(await ask(gateway.port, { method: 'DELETE', path: '/a' }), { status: 404, body: '{"error_msg":"404 Route Not Found"}\n', headers: { 'content-type': 'text/plain; charset=utf-8' } })
})

t.test('a pattern that a client could hold the gateway up with fails its request, and the next one is served', async t => {
  const gateway = await serve(t, [{ uri: '/*', vars: [['http_x', '~~', '^(?!b)(a+)+$']], plugins: { teller: { names: ['uri'] } } }])
  t.equal((await ask(gateway.port, { headers: { x: `${'a'.repeat(4000)}!` } })).status, 500)
  t.equal((await ask(gateway.port, { headers: { x: 'aaa' } })).status, 200)
})
