import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import type { Plugin } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import { BodyVariables, bodyVariableKindsIn, type BodyVariableLimits } from '../../packages/data-plane/src/body/body-variables.ts'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway, type HttpGatewayOptions } from './http-gateway.ts'

interface Sent {
  readonly type?: string
  readonly body?: string | Buffer
  readonly method?: string
  readonly query?: string
}

const enough: BodyVariableLimits = { post_arg: 10_000, graphql: 10_000 }

function variablesOf ({ type, body, method = 'POST', query = '' }: Sent, limits = enough): BodyVariables {
  const bytes = Buffer.from(body ?? '')
  return new BodyVariables({
    method,
    query,
    hasBody: body !== undefined,
    headers: { get: () => type },
    readBody: async limitBytes => bytes.length > limitBytes ? undefined : bytes
  }, limits)
}

async function read (sent: Sent, name: string, limits = enough): Promise<unknown> {
  const variables = variablesOf(sent, limits)
  await variables.read(['post_arg', 'graphql'])
  return variables.value(name)
}

const multipart = {
  type: 'multipart/form-data; boundary=x',
  body: [
    '--x', 'Content-Disposition: form-data; name="model"', '', 'small',
    '--x', 'Content-Disposition: form-data; name="file"; filename="a.txt"', 'Content-Type: text/plain', '', 'model=large',
    '--x', 'Content-Disposition: form-data; name="model"', '', 'large',
    '--x--', ''
  ].join('\r\n')
}
const json = { type: 'application/json; charset=utf-8', body: JSON.stringify({ model: 'small', n: 3, stream: true, user: { name: 'bob', none: null }, messages: [{ role: 'a', size: 1 }, { role: 'b', size: 9 }] }) }
const form = { type: 'application/x-www-form-urlencoded', body: 'a=1&b+c=%C3%BC&a=2&flag&bad=%zz&__proto__=x' }

t.test('variables that are in a body', async t => {
  const cases: ReadonlyArray<readonly [sent: Sent, name: string, value: unknown]> = [
    [form, 'post_arg_a', '1'],
    [form, 'post_arg_b c', '\u00fc'],
    [form, 'post_arg_flag', 'true'],
    [form, 'post_arg_bad', '%zz'],
    [form, 'post_arg_none', undefined],
    [form, 'post_arg___proto__', 'x'],
    [form, 'post_arg_constructor', undefined],
    [form, 'post_arg.a', ['1', '2']],
    [form, 'post_arg.flag', 'true'],
    [{ ...form, type: 'Application/X-WWW-Form-Urlencoded;x=y' }, 'post_arg_a', '1'],
    [{ ...form, type: 'text/plain' }, 'post_arg_a', undefined],
    [json, 'post_arg_model', undefined],
    [json, 'post_arg.model', 'small'],
    [json, 'post_arg.n', 3],
    [json, 'post_arg.stream', true],
    [json, 'post_arg.user.name', 'bob'],
    [json, 'post_arg.user.none', null],
    [json, 'post_arg.user.constructor', undefined],
    [json, 'post_arg.messages.0', undefined],
    [json, 'post_arg.messages[*].role', ['a', 'b']],
    [json, 'post_arg.messages[1].role', ['b']],
    [json, 'post_arg..role', ['a', 'b']],
    [json, 'post_arg.messages[?(@.size > 5)].role', ['b']],
    [json, 'post_arg.messages[7].role', undefined],
    [{ ...json, body: '{"model":' }, 'post_arg.model', undefined],
    [{ ...json, body: '7' }, 'post_arg.model', undefined],
    [{ ...json, body: '7' }, 'post_arg..model', undefined],
    [multipart, 'post_arg.model', ['small', 'large']],
    [multipart, 'post_arg.file', undefined],
    [multipart, 'post_arg_model', undefined],
    [{ ...multipart, type: 'multipart/form-data' }, 'post_arg.model', undefined],
    [{ ...multipart, body: 'no parts' }, 'post_arg.model', undefined],
    [{ type: 'application/graphql', body: 'query Tea { cup, ...more, pot { lid } } fragment more on Q { x }' }, 'graphql_name', 'Tea'],
    [{ type: 'application/graphql', body: 'query Tea { cup, ...more, pot { lid } } fragment more on Q { x }' }, 'graphql_root_fields', ['cup', 'more', 'pot']],
    [{ type: 'application/json', body: JSON.stringify({ query: 'mutation { pour }' }) }, 'graphql_operation', 'mutation'],
    [{ type: 'application/json', body: JSON.stringify({ query: 'mutation { pour }' }) }, 'graphql_name', ''],
    [{ type: 'application/json', body: '[]' }, 'graphql_operation', undefined],
    [{ type: 'application/graphql', body: 'query {' }, 'graphql_operation', undefined],
    [{ type: 'application/graphql', body: 'fragment a on B { c }' }, 'graphql_operation', undefined],
    [{ type: 'application/graphql', body: '{a'.repeat(4900) }, 'graphql_operation', undefined],
    [{ method: 'GET', query: 'query=%7B+cup+%7D' }, 'graphql_operation', 'query'],
    [{ method: 'GET', query: 'query=%7B+cup+%7D' }, 'graphql_root_fields', ['cup']],
    [{ method: 'GET', query: 'other=1' }, 'graphql_operation', undefined],
    [{ method: 'POST' }, 'post_arg.model', undefined],
    [json, 'arg_model', undefined]
  ]
  for (const [sent, name, value] of cases) t.strictSame(await read(sent, name), value, `${name} of ${sent.type} ${String(sent.body ?? sent.query).slice(0, 40)}`)
})

t.test('a body that is longer than its limit has none, and each kind has its own', async t => {
  t.equal(await read(json, 'post_arg.model', { post_arg: json.body.length, graphql: 1 }), 'small')
  t.equal(await read(json, 'post_arg.model', { post_arg: json.body.length - 1, graphql: 10_000 }), undefined)
  t.equal(await read({ type: 'application/graphql', body: '{ cup }' }, 'graphql_operation', { post_arg: 100, graphql: 6 }), undefined)
  t.equal(await read({ method: 'GET', query: 'query={cup}' }, 'graphql_operation', { post_arg: 1, graphql: 4 }), undefined)
})

t.test('nothing is read before somebody asks', async t => {
  const variables = variablesOf(json)
  t.equal(variables.value('graphql_other'), undefined)
  t.strictSame([...variables.wanted], [])
  t.equal(variables.value('post_arg.model'), undefined)
  t.strictSame([...variables.wanted], ['post_arg'])
  await variables.read(variables.wanted)
  t.strictSame([...variables.wanted], [])
  t.equal(variables.value('post_arg.model'), 'small')
  t.equal(variables.read(['post_arg']), undefined, 'and once is enough')
  t.equal(variablesOf({}).read(['post_arg', 'graphql']), undefined, 'without a body there is nothing to wait for')
})

t.test('a text mentions them, or not', async t => {
  t.strictSame(bodyVariableKindsIn('{"key":"post_arg_user"}'), ['post_arg'])
  t.strictSame(bodyVariableKindsIn('["graphql_name","==","x"],["post_arg.a","==","y"]'), ['post_arg', 'graphql'])
  t.strictSame(bodyVariableKindsIn('{"key":"remote_addr","uri":"/graphql"}'), [])
})

/** Answers with the id of the route and a variable. */
const teller: Plugin = {
  name: 'teller',
  version: 1,
  priority: 1,
  schema: Type.Object({}, { additionalProperties: true }),
  create: conf => ({
    access (context) {
      const { name } = conf as { name?: string }
      return { kind: 'respond', response: { status: 200, body: name === undefined ? String(context.route?.id) : `${name}=${context.variable(name)}` } }
    }
  })
}

async function serve (t: Test, routes: ReadonlyArray<Partial<Route>>, options: Partial<HttpGatewayOptions> = {}) {
  const gateway = await startHttpGateway({ plugins: [teller], routes, ...options })
  t.teardown(() => gateway.close())
  return gateway
}

function byVars (id: string, vars: unknown[], more: Partial<Route> = {}): Partial<Route> {
  return { id, uri: '/*', vars, plugins: { teller: {} }, ...more } as Partial<Route>
}

t.test('routes are chosen by what a body has, and those before and after them still count', async t => {
  const gateway = await serve(t, [
    byVars('json', [['post_arg.model', '==', 'small'], ['post_arg.n', '>', 2], ['post_arg.messages[*].role', 'has', 'b']], { priority: 3 }),
    byVars('form', [['post_arg_a', '==', '1']], { priority: 2 }),
    byVars('graphql', [['graphql_operation', '==', 'query'], ['graphql_root_fields', 'has', 'cup']], { priority: 1 }),
    { id: 'any', uri: '/*', plugins: { teller: {} } }
  ])
  const answer = async ({ type, body, method = 'POST', query }: Sent): Promise<string> =>
    (await ask(gateway.port, { method, path: `/x${query === undefined ? '' : `?${query}`}`, ...(body === undefined ? {} : { body: String(body) }), headers: type === undefined ? {} : { 'content-type': type } })).body
  t.equal(await answer(json), 'json')
  t.equal(await answer(form), 'form')
  t.equal(await answer({ type: 'application/graphql', body: '{ cup }' }), 'graphql')
  t.equal(await answer({ method: 'GET', query: 'query=%7Bcup%7D' }), 'graphql')
  t.equal(await answer({ type: 'application/json', body: '{"model":"large"}' }), 'any')
  t.equal(await answer({ method: 'GET' }), 'any')
})

t.test('the upstream gets the whole body of a request that was chosen by it', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await serve(t, [{ id: 'up', uri: '/*', vars: [['post_arg.model', '==', 'small']], upstream: { nodes: { [upstream.node]: 1 } } } as unknown as Partial<Route>])
  const answer = await ask(gateway.port, { method: 'POST', body: json.body, headers: { 'content-type': json.type } })
  t.equal(answer.received().body, json.body)
})

t.test('a body too long for a condition fails the condition, and goes on', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const nodes = { [upstream.node]: 1 }
  const gateway = await serve(t, [byVars('json', [['post_arg.model', '==', 'small']], { priority: 1 }), { id: 'up', uri: '/*', upstream: { nodes } } as unknown as Partial<Route>], { settings: { bodyVariables: { post_arg: 10, graphql: 10 } } })
  const answer = await ask(gateway.port, { method: 'POST', body: json.body, headers: { 'content-type': json.type } })
  t.equal(answer.received().body, json.body)
})

t.test('a plugin that is configured with one finds it, in its filter too', async t => {
  const gateway = await serve(t, [
    { id: 'key', uri: '/key', plugins: { teller: { name: 'post_arg.messages[*].role' } } },
    { id: 'filter', uri: '/filter', plugins: { teller: { _meta: { filter: [['post_arg_a', '==', '1']] } } } }
  ])
  const post = async (path: string, { type, body }: typeof json) => await ask(gateway.port, { method: 'POST', path, body, headers: { 'content-type': type } })
  t.equal((await post('/key', json)).body, 'post_arg.messages[*].role=["a","b"]', 'a list stands as JSON where text is wanted')
  t.match(await post('/filter', form), { status: 200, body: 'filter' })
  t.equal((await post('/filter', { ...form, body: 'a=2' })).status, 503, 'without the plugin nothing answers')
})
