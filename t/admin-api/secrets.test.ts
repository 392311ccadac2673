import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/secrets/${path}`
const vault = { uri: 'http://127.0.0.1:8200', prefix: 'kv/apisix', token: 'root' }
const aws = { access_key_id: 'a', secret_access_key: 's' }
const account = { client_email: 'e', private_key: 'k', project_id: 'p' }
const urlPattern = '^[^\\\\/]+:\\\\/\\\\/([\\\\da-zA-Z.-]+|\\\\[[\\\\da-fA-F:]+\\\\])(:\\\\d+)?'

t.test('a secret is kept by manager and id, and shown as it is', async t => {
  const { send } = await startAdmin(t)
  const written = await send('PUT', at('vault/1'), { ...vault, token: '$ENV://TOKEN', more: 1 })
  t.match(written.body, { key: '/apisix/secrets/vault/1', value: { ...vault, token: '$ENV://TOKEN', more: 1, id: 'vault/1', create_time: Number } })
  t.strictSame((await send('GET', at('vault/1'))).body.value, written.body.value)
  t.equal((await send('PUT', at('vault/1'), { ...vault, id: 'vault/1' })).status, 200)
  t.equal((await send('PATCH', at('vault/1'), { namespace: 'n' })).body.value.namespace, 'n')
  t.match((await send('PATCH', at('vault/1/token'), '"other"')).body.value, { token: 'other', id: 'vault/1' })
  t.equal((await send('DELETE', at('vault/1'))).text, '{"key":"/apisix/secrets/vault/1","deleted":"1"}\n')
})

t.test('secrets are listed of all managers, or of one', async t => {
  const { send } = await startAdmin(t)
  await send('PUT', at('vault/1'), vault)
  await send('PUT', at('aws/1'), aws)
  const idsOf = async (path: string) => (await send('GET', at(path))).body.list.map(({ value }: { value: { id: string } }) => value.id)
  t.strictSame(await idsOf(''), ['aws/1', 'vault/1'])
  t.strictSame(await idsOf('vault'), ['vault/1'])
  t.strictSame(await idsOf('gcp'), [])
})

t.test('each manager has its own schema', async t => {
  const { send } = await startAdmin(t)
  const cases: ReadonlyArray<readonly [path: string, body: object, sentence: string]> = [
    ['vault/1', { ...vault, uri: 'x' }, `invalid configuration: property "uri" validation failed: failed to match pattern "${urlPattern}" with "x"`],
    ['vault/1', { ...vault, token: undefined }, 'invalid configuration: property "token" is required'],
    ['vault/1', { ...vault, namespace: 1 }, 'invalid configuration: property "namespace" validation failed: wrong type: expected string, got number'],
    ['aws/1', {}, 'invalid configuration: property "access_key_id" is required'],
    ['gcp/1', {}, 'invalid configuration: value should match only one schema, but matches none'],
    ['gcp/1', { auth_config: account, auth_file: 'f' }, 'invalid configuration: value should match only one schema, but matches both schemas 1 and 2'],
    ['gcp/1', { auth_config: { client_email: 'e', private_key: 'k' } }, 'invalid configuration: property "auth_config" validation failed: property "project_id" is required'],
    ['other/1', {}, 'invalid secret manager: other'],
    ['toString/1', {}, 'invalid secret manager: toString']
  ]
  for (const [path, body, sentence] of cases) t.equal((await send('PUT', at(path), body)).body.error_msg, sentence)
  for (const [path, body] of [['aws/1', aws], ['gcp/1', { auth_config: account }], ['gcp/2', { auth_file: '/f', ssl_verify: false }]] as const) {
    const reply = await send('PUT', at(path), body)
    t.equal(reply.status, 201, reply.text)
    t.notOk('region' in reply.body.value || 'token_uri' in (reply.body.value.auth_config ?? {}), 'defaults are not stored')
  }
})
