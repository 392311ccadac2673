import t from 'tap'
import { startAdmin } from './admin-server.ts'

const rule = (id: string | number) => `/apisix/admin/global_rules/${id}`

t.test('a plugin may be in one global rule only', async t => {
  const { send } = await startAdmin(t)
  t.equal((await send('PUT', rule(1), { plugins: { 'request-id': {} } })).status, 201)
  t.equal((await send('PUT', rule(1), { plugins: { 'request-id': {} } })).status, 200, 'that of the rule itself is not another')
  const second = await send('PUT', rule(2), { plugins: { 'ip-restriction': { whitelist: ['::1'] }, 'request-id': {} } })
  t.strictSame([second.status, second.body], [400, { error_msg: 'plugin \'request-id\' already exists in global rule with id \'1\'' }])
  await send('PUT', rule(2), { plugins: {} })
  t.equal((await send('PATCH', `${rule(2)}/plugins`, { 'request-id': {} })).status, 400)
  await send('DELETE', rule(1))
  t.equal((await send('PATCH', `${rule(2)}/plugins`, { 'request-id': {} })).status, 200)
})

t.test('a global rule has plugins and nothing else, and they are checked', async t => {
  const { send } = await startAdmin(t)
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{}, 'invalid configuration: property "plugins" is required'],
    [{ plugins: {}, desc: 'd' }, 'invalid configuration: additional properties forbidden, found desc'],
    [{ plugins: { nope: {} } }, 'unknown plugin [nope]']
  ]
  for (const [body, sentence] of cases) t.equal((await send('PUT', rule(1), body)).body.error_msg, sentence)
})
