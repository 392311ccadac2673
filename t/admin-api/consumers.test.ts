import { createKeyring, type Store } from '@clinch/store'
import t from 'tap'
import { openStore, startAdmin, type AdminServer } from './admin-server.ts'

const plugins = ['request-id', 'ip-restriction', 'key-auth']
const consumers = '/apisix/admin/consumers'
const holding = (username: string, key: string) => ({ username, plugins: { 'key-auth': { key } } })
const start = async (t: Parameters<typeof startAdmin>[0], options: Parameters<typeof startAdmin>[1] = {}): Promise<AdminServer> => await startAdmin(t, { plugins, ...options })

t.test('a consumer\'s auth plugins are held against their consumer schema, others against the ordinary one', async t => {
  const { send } = await start(t)
  const cases: ReadonlyArray<readonly [plugins: unknown, sentence: string]> = [
    [{ nope: {} }, 'unknown plugin [nope]'],
    [{ 'key-auth': 'k' }, 'invalid plugin conf "k" for plugin [key-auth]'],
    [{ 'key-auth': {} }, 'failed to check the configuration of plugin key-auth err: property "key" is required'],
    [{ 'key-auth': [] }, 'failed to check the configuration of plugin key-auth err: property "key" is required'],
    [{ 'ip-restriction': {} }, 'failed to check the configuration of plugin ip-restriction err: value should match only one schema, but matches none'],
    [{ 'key-auth': { key: 'k', _meta: { filter: [['a', '=', 1]] } } }, 'failed to validate the \'vars\' expression: invalid operator \'=\'']
  ]
  for (const [held, sentence] of cases) {
    for (const path of [consumers, `${consumers}/jack/credentials/1`]) {
      const reply = await send('PUT', path, { ...path === consumers ? { username: 'jack' } : {}, plugins: held })
      t.strictSame([reply.status, reply.body], [400, { error_msg: `invalid plugins configuration: ${sentence}` }], sentence)
    }
  }
  t.equal((await send('PUT', consumers, { username: 'jack', plugins: { 'key-auth': { _meta: { disable: true } }, 'request-id': {} } })).status, 201)
})

t.test('a consumer has its own rules', async t => {
  const { send } = await start(t)
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{}, 'invalid configuration: property "username" is required'],
    [{ username: 'a.b' }, 'invalid configuration: property "username" validation failed: failed to match pattern "^[a-zA-Z0-9_\\\\-]+$" with "a.b"'],
    [{ username: 'jack', name: 'Jack' }, 'invalid configuration: additional properties forbidden, found name'],
    [{ username: 'jack', group_id: 'g' }, 'failed to fetch consumer group info by consumer group id [g], response code: 404']
  ]
  for (const [body, sentence] of cases) t.equal((await send('PUT', consumers, body)).body.error_msg, sentence)
  await send('PUT', '/apisix/admin/consumer_groups/g', { plugins: {} })
  const { value } = (await send('PUT', consumers, { username: 'jack', group_id: 'g' })).body
  t.notOk('id' in value)
})

t.test('a credential belongs to a consumer and holds one auth plugin', async t => {
  const { send } = await start(t)
  const one = `${consumers}/jack/credentials/1`
  const orphan = await send('PUT', one, { plugins: { 'key-auth': { key: 'k' } } })
  t.strictSame([orphan.status, orphan.body], [404, { error_msg: 'consumer not found' }])
  await send('PUT', consumers, { username: 'jack' })
  t.equal((await send('PUT', one, { plugins: { 'request-id': {} } })).body.error_msg, 'only supports auth type plugins in consumer credential')
  t.equal((await send('PUT', one, { plugins: { 'key-auth': { key: 'k' }, 'request-id': {} } })).body.error_msg,
    'invalid configuration: property "plugins" validation failed: expect object to have at most 1 properties')
  const empty = await send('GET', `${consumers}/jack/credentials`)
  t.strictSame([empty.status, empty.body], [404, { message: 'Key not found' }], 'an empty list is missing')
  t.equal((await send('PUT', `${consumers}/jack/credentials`, { id: 7 })).body.key, '/apisix/consumers/jack/credentials/7')
  t.equal((await send('PUT', one, { plugins: { 'key-auth': { key: 'k' } } })).status, 201)
  t.equal((await send('GET', `${consumers}/jack/credentials`)).body.total, 2)
  t.equal((await send('GET', consumers)).body.total, 1, 'consumers are listed without credentials')
})

t.test('a consumer takes its credentials with it', async t => {
  const { send, store } = await start(t)
  for (const username of ['jack', 'jackson']) {
    await send('PUT', consumers, { username })
    await send('PUT', `${consumers}/${username}/credentials/1`, {})
  }
  t.equal((await send('DELETE', `${consumers}/jack`)).status, 200)
  t.strictSame((await store.list('/apisix/consumers/')).entries.map(({ key }) => key), ['/apisix/consumers/jackson', '/apisix/consumers/jackson/credentials/1'])
})

t.test('what a plugin keeps secret is stored and echoed encrypted, and shown plain', async t => {
  const { send, store, keyring } = await start(t)
  const written = await send('PUT', consumers, holding('jack', 'secret-of-jack'))
  t.equal(written.body.value.plugins['key-auth'].key, keyring.encrypt('secret-of-jack'))
  t.notMatch((await store.get('/apisix/consumers/jack'))?.value, 'secret-of-jack')
  t.equal((await send('GET', `${consumers}/jack`)).body.value.plugins['key-auth'].key, 'secret-of-jack')
  t.equal((await send('GET', consumers)).body.list[0].value.plugins['key-auth'].key, 'secret-of-jack')
})

t.test('a key that another consumer or credential has is refused, and who has it is told', async t => {
  const { send } = await start(t)
  const refused = async (path: string, body: object) => {
    const { status, body: { error_msg: sentence } } = await send('PUT', path, body)
    return status === 400 ? sentence : status
  }
  const credential = (key: string) => ({ plugins: { 'key-auth': { key } } })
  await send('PUT', consumers, holding('bob', 'one'))
  await send('PUT', `${consumers}/bob/credentials/c1`, credential('two'))
  await send('PUT', consumers, { username: 'eve' })
  const withBob = 'duplicate key of plugin key-auth found with consumer: bob'
  const withCredential = 'duplicate key of plugin key-auth found with credential: c1 of consumer: bob'
  t.equal(await refused(consumers, holding('eve', 'one')), withBob)
  t.equal(await refused(consumers, holding('eve', 'two')), withCredential)
  t.equal(await refused(`${consumers}/eve/credentials/1`, credential('one')), withBob)
  t.equal(await refused(`${consumers}/eve/credentials/1`, credential('two')), withCredential)
  t.equal(await refused(consumers, holding('bob', 'one')), 200, 'a consumer keeps its own')
  t.equal(await refused(consumers, holding('bob', 'two')), 200, 'and may take that of its credential')
  t.equal(await refused(`${consumers}/bob/credentials/c1`, credential('two')), withBob, 'to a credential its consumer is another')
  t.equal(await refused(consumers, holding('bob', 'one')), 200)
  t.equal(await refused(`${consumers}/bob/credentials/c1`, credential('two')), 200, 'a credential keeps its own')
  for (const username of ['bob', 'eve']) t.match(await refused(consumers, holding(username, '$env://SHARED')), /^20/, 'references are not compared')
  t.match(await refused(`${consumers}/eve/credentials/1`, credential('one')), 201, 'a key that was given up is free')
  await send('DELETE', `${consumers}/eve`)
  t.equal(await refused(consumers, holding('ann', 'one')), 201, 'and so is that of a deleted one')
})

t.test('keys that others wrote count: plain ones, ones of an older keyring entry, and those that come later', async t => {
  const store = await openStore(t)
  const old = createKeyring('0123456789abcdef')
  await store.put('/apisix/consumers/plain', JSON.stringify(holding('plain', 'a')))
  await store.put('/apisix/consumers/old', JSON.stringify(holding('old', old.encrypt('b'))))
  const keyring = createKeyring(['fedcba9876543210', '0123456789abcdef'])
  const { send } = await start(t, { store, keyring })
  const sentence = async (key: string) => (await send('PUT', consumers, holding('new', key))).body.error_msg
  t.equal(await sentence('a'), 'duplicate key of plugin key-auth found with consumer: plain')
  t.equal(await sentence('b'), 'duplicate key of plugin key-auth found with consumer: old')
  await store.put('/apisix/consumers/later', JSON.stringify(holding('later', keyring.encrypt('c'))))
  t.equal(await sentence('c'), 'duplicate key of plugin key-auth found with consumer: later')
})

t.test('the consumers are read once, however many are written', async t => {
  const store = await openStore(t)
  let lists = 0
  const counting = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name === 'list') lists++
      return member.bind(target) as unknown
    }
  }) satisfies Store
  const { send } = await start(t, { store: counting })
  for (let at = 0; at < 20; at++) t.equal((await send('PUT', consumers, holding(`c${at}`, `key ${at}`))).status, 201)
  t.equal((await send('PUT', consumers, holding('c0', 'key 19'))).body.error_msg, 'duplicate key of plugin key-auth found with consumer: c19')
  t.equal(lists, 1)
})
