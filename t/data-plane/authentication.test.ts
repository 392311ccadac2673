import { Type } from '@sinclair/typebox'
import { findBuiltInPlugin, type Plugin } from '@clinch/plugins'
import type { Route } from '@clinch/schema'
import t, { type Test } from 'tap'
import { startUpstream } from '../support/upstream.ts'
import { ask, fieldOf } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

/** Answers in the place of the upstream, and comes before every authentication. */
const mock: Plugin = { name: 'mock', version: 1, priority: 10900, schema: Type.Object({}), create: () => ({ access: () => ({ kind: 'respond', response: { status: 418 } }) }) }
const keyAuth = { header: 'apikey', query: 'apikey', realm: 'key', hide_credentials: false }

async function serve (t: Test, routePlugins: NonNullable<Route['plugins']>, objects: Record<string, object>): Promise<number> {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const builtIn = await findBuiltInPlugin('key-auth')
  if (builtIn === undefined) throw new Error('key-auth is built in')
  const gateway = await startHttpGateway({ plugins: [builtIn, mock], objects, routes: [{ uri: '/*', plugins: routePlugins, upstream: { nodes: { [upstream.node]: 1 } } as never }] })
  t.teardown(() => gateway.close())
  return gateway.port
}

t.test('authentication comes before what answers in access', async t => {
  const port = await serve(t, { 'key-auth': keyAuth, mock: {} }, { 'consumers/jack': { plugins: { 'key-auth': { key: 'k' } } } })
  t.equal((await ask(port)).status, 401)
  t.equal((await ask(port, { headers: { apikey: 'k' } })).status, 418)
})

t.test('a global rule authenticates for every route, also where there is none', async t => {
  const port = await serve(t, {}, { 'consumers/jack': { plugins: { 'key-auth': { key: 'k' } } }, 'global_rules/1': { plugins: { 'key-auth': keyAuth } } })
  t.equal((await ask(port)).status, 401)
  t.equal(fieldOf((await ask(port, { headers: { apikey: 'k' } })).received(), 'x-consumer-username'), 'jack')
})

t.test('an authentication that only the consumer\'s group has is not asked: who calls is settled', async t => {
  const other = { ...keyAuth, header: 'x-other', query: 'other' }
  const port = await serve(t, {}, {
    'consumers/jack': { group_id: 'g', plugins: { 'key-auth': { key: 'k' } } },
    'consumer_groups/g': { plugins: { 'key-auth': other } },
    'global_rules/1': { plugins: { 'key-auth': keyAuth } }
  })
  t.equal(fieldOf((await ask(port, { headers: { apikey: 'k' } })).received(), 'x-consumer-username'), 'jack')
})

t.test('what a consumer or credential holds is not known when it is disabled', async t => {
  const disabled = (key: string) => ({ plugins: { 'key-auth': { key, _meta: { disable: true } } } })
  const port = await serve(t, { 'key-auth': keyAuth }, { 'consumers/jack': disabled('own'), 'consumers/jack/credentials/c1': disabled('first'), 'consumers/jack/credentials/c2': { plugins: { 'key-auth': { key: 'second' } } } })
  const statuses = []
  for (const apikey of ['own', 'first', 'second']) statuses.push((await ask(port, { headers: { apikey } })).status)
  t.strictSame(statuses, [401, 401, 200])
})
