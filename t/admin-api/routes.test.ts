import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { startAdmin } from './admin-server.ts'

const route = { uri: '/a', plugins: {} }
const at = (path: string) => `/apisix/admin/routes${path}`

t.test('PUT answers 201 the first time and 200 the next; only GET tells the revisions', async t => {
  const { send, clock } = await startAdmin(t)
  const first = await send('PUT', at('/1'), route)
  const created = Date.UTC(2030, 0, 1) / 1000
  t.equal(first.status, 201)
  t.strictSame(first.body, { key: '/apisix/routes/1', value: { id: '1', ...route, create_time: created, update_time: created } })
  t.equal(first.headers.get('x-api-version'), 'v3')
  t.equal(first.headers.get('content-type'), 'application/json')
  t.ok(first.text.endsWith('}\n'))

  clock.nowMs += 5999
  const second = await send('PUT', at('/1'), { ...route, uri: '/b' })
  t.equal(second.status, 200)
  t.match(second.body.value, { uri: '/b', create_time: created, update_time: created + 5 })

  const read = await send('GET', at('/1'))
  t.match(read.body, { key: '/apisix/routes/1', value: second.body.value, createdIndex: Number, modifiedIndex: Number })
  t.ok(read.body.modifiedIndex > read.body.createdIndex)
})

t.test('an id in the body keeps its type until a PATCH makes it the string of the path', async t => {
  const { send } = await startAdmin(t)
  const reply = await send('PUT', at(''), { ...route, id: 7 })
  t.equal(reply.status, 201)
  t.match(reply.body, { key: '/apisix/routes/7', value: { id: 7 } })
  t.equal((await send('PUT', at('/7'), { ...route, id: 7 })).body.value.id, '7')
  await send('PUT', at(''), { ...route, id: 7 })
  t.equal((await send('PATCH', at('/7'), { desc: 'd' })).body.value.id, '7')
})

t.test('POST makes an id of 20 digits and takes none', async t => {
  const { send } = await startAdmin(t)
  const first = await send('POST', at(''), route)
  t.equal(first.status, 201)
  t.match(first.body.value.id, /^\d{20}$/)
  t.equal(first.body.key, `/apisix/routes/${first.body.value.id}`)
  const second = await send('POST', at(''), route)
  t.ok(second.body.value.id > first.body.value.id)
  for (const [path, body] of [['/9', route], ['', { ...route, id: 9 }]] as const) {
    const reply = await send('POST', at(path), body)
    t.equal(reply.status, 400)
    t.equal(reply.body.error_msg, 'wrong route id, do not need it')
  }
})

t.test('ids are refused before anything else in a body is looked at', async t => {
  const { send } = await startAdmin(t)
  const badId = 'invalid configuration: property "id" validation failed: object matches none of the required'
  const cases: ReadonlyArray<readonly [method: string, path: string, body: unknown, complaint: string]> = [
    ['PUT', '', { create_time: 1 }, 'missing route id'],
    ['PUT', '/1', { id: 2, create_time: 1 }, 'wrong route id'],
    ['PUT', '/a%20b', route, badId],
    ['PUT', `/${'x'.repeat(65)}`, route, badId],
    ['PUT', '', { ...route, id: 0 }, badId],
    ['PUT', '', { ...route, id: {} }, badId],
    ['PUT', '', { ...route, id: null }, badId],
    ['DELETE', '', undefined, 'missing route id'],
    ['PATCH', '', {}, 'missing route id']
  ]
  for (const [method, path, body, complaint] of cases) {
    const reply = await send(method, at(path), body)
    t.equal(reply.status, 400, complaint)
    t.equal(reply.body.error_msg, complaint)
  }
})

t.test('timestamps are the server\'s', async t => {
  const { send } = await startAdmin(t)
  const cases = [
    [{ ...route, create_time: 1 }, 'create_time'],
    [{ ...route, update_time: 1 }, 'update_time'],
    [{ ...route, upstream: { create_time: 1 } }, 'upstream.create_time'],
    [{ ...route, plugins: { update_time: {} } }, 'plugins.update_time']
  ] as const
  for (const [body, member] of cases) {
    t.equal((await send('PUT', at('/1'), body)).body.error_msg, `the property is forbidden:  ${member}`)
    t.equal((await send('POST', at(''), body)).body.error_msg, `the property is forbidden:  ${member}`)
  }
})

t.test('DELETE answers with the text "1", and of what is not there that it is not found', async t => {
  const { send } = await startAdmin(t)
  await send('PUT', at('/1'), route)
  const reply = await send('DELETE', at('/1'))
  t.equal(reply.status, 200)
  t.equal(reply.text, '{"key":"/apisix/routes/1","deleted":"1"}\n')
  for (const [method, body] of [['DELETE', undefined], ['GET', undefined], ['PATCH', {}]] as const) {
    const missing = await send(method, at('/1'), body)
    t.equal(missing.status, 404)
    t.equal(missing.text, '{"message":"Key not found"}\n')
    t.equal(missing.headers.get('x-api-version'), 'v3')
  }
})

t.test('a missing object does not bring to light others whose ids begin alike', async t => {
  const { send } = await startAdmin(t)
  await send('PUT', at('/10'), route)
  t.equal((await send('GET', at('/1'))).text, '{"message":"Key not found"}\n')
})

t.test('what is sent is stored, without defaults and in its own form', async t => {
  const { send } = await startAdmin(t)
  const sent = { uri: '/a', plugins: [], labels: {}, upstream: { nodes: [] }, priority: 9007199254740991, desc: '/slash "q" é' }
  const { body } = await send('PUT', at('/1'), sent)
  const { id, create_time: created, update_time: updated, ...value } = body.value
  t.strictSame(value, sent)
  t.strictSame((await send('GET', at('/1'))).body.value, body.value)
})

t.test('a route is refused in the words of APISIX', async t => {
  const { send, store } = await startAdmin(t)
  await store.put('/apisix/ssls/server', JSON.stringify({ id: 'server' }))
  const upstream = { nodes: { 'a:80': 1 } }
  const chash = { ...upstream, type: 'chash' }
  const cases: ReadonlyArray<readonly [body: object, complaint: string]> = [
    [{ ...route, host: 'a', hosts: 'b', unknown: 1 }, 'only one of host or hosts is allowed'],
    [{ ...route, remote_addr: 'a', remote_addrs: 'b' }, 'only one of remote_addr or remote_addrs is allowed'],
    [{ ...route, unknown: 1 }, 'invalid configuration: additional properties forbidden, found unknown'],
    [{ plugins: {} }, 'invalid configuration: allOf 1 failed: value should match only one schema, but matches none'],
    [{ ...route, upstream: {} }, 'invalid configuration: property "upstream" validation failed: value should match only one schema, but matches none'],
    [{ ...route, upstream: { nodes: [{ host: '::1', port: 80, weight: 1 }] } }, 'invalid configuration: IPv6 address must be enclosed with \'[\' and \']\''],
    [{ ...route, upstream: { nodes: { 'a:70000': 1 } } }, 'invalid port 70000'],
    [{ ...route, upstream: { nodes: { '[::1]:0': 1 } } }, 'invalid port 0'],
    [{ ...route, upstream: { ...upstream, tls: { client_cert_id: 'none' } } }, 'failed to fetch ssl info by ssl id [none], response code: 404'],
    [{ ...route, upstream: { ...upstream, tls: { client_cert_id: 'server' } } }, 'failed to fetch ssl info by ssl id [server], wrong ssl type'],
    [{ ...route, upstream: { ...upstream, pass_host: 'rewrite' } }, '`upstream_host` can\'t be empty when `pass_host` is `rewrite`'],
    [{ ...route, upstream: { ...upstream, tls: { client_cert: 'c'.repeat(128), client_key: 'k'.repeat(64) } } }, 'failed to parse cert: PEM_read_bio_X509_AUX() failed'],
    [{ ...route, upstream: chash }, 'missing key'],
    [{ ...route, upstream: { ...chash, hash_on: 'header', key: 'a b' } }, 'invalid configuration: failed to match pattern "^[a-zA-Z0-9-_]+$" with "a b"'],
    [{ ...route, upstream: { ...chash, key: 'cookie_x' } }, 'invalid configuration: failed to match pattern "^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$" with "cookie_x"'],
    [{ uri: '/a', upstream_id: 'u' }, 'failed to fetch upstream info by upstream id [u], response code: 404'],
    [{ uri: '/a', service_id: 2 }, 'failed to fetch service info by service id [2], response code: 404'],
    [{ ...route, plugin_config_id: 'p' }, 'failed to fetch plugin config info by plugin config id [p], response code: 404'],
    [{ ...route, plugins: { nope: {} } }, 'unknown plugin [nope]'],
    [{ ...route, plugins: { 'request-id': 'abc' } }, 'invalid plugin conf "abc" for plugin [request-id]'],
    [{ ...route, plugins: { 'ip-restriction': {} } }, 'failed to check the configuration of plugin ip-restriction err: value should match only one schema, but matches none'],
    [{ ...route, plugins: { 'request-id': { _meta: { filter: [['a', '=', 1]] } } } }, 'failed to validate the \'vars\' expression: invalid operator \'=\''],
    [{ ...route, vars: [['arg_a', '=', '1']] }, 'failed to validate the \'vars\' expression: invalid operator \'=\''],
    [{ ...route, filter_func: 'function(vars) return true end' }, 'failed to load \'filter_func\' string: this gateway does not run Lua'],
    [{ uri: '/a', script: 'local _M = {} return _M' }, 'failed to load \'script\' string: this gateway does not run Lua']
  ]
  for (const [body, complaint] of cases) {
    const reply = await send('PUT', at('/1'), body)
    t.equal(reply.status, 400, complaint)
    t.equal(reply.text, JSON.stringify({ error_msg: complaint }) + '\n')
  }
  t.equal((await send('GET', at('/1'))).status, 404, 'nothing of all this was stored')
})

t.test('a route may refer to what is in the store', async t => {
  const { send, store } = await startAdmin(t)
  await store.put('/apisix/upstreams/u', '{"id":"u","nodes":{}}')
  await store.put('/apisix/services/2', '{"id":2}')
  await store.put('/apisix/plugin_configs/p', '{"id":"p","plugins":{}}')
  await store.put('/apisix/ssls/c', '{"id":"c","type":"client"}')
  t.equal((await send('PUT', at('/1'), { uri: '/a', upstream_id: 'u', service_id: 2, plugin_config_id: 'p' })).status, 201)
  t.equal((await send('PUT', at('/2'), { uri: '/a', upstream: { nodes: {}, tls: { client_cert_id: 'c' } } })).status, 201)
})

t.test('expressions are checked for their shape', async t => {
  const { send } = await startAdmin(t)
  const cases: ReadonlyArray<readonly [vars: unknown, complaint: string | undefined]> = [
    [[], undefined],
    [[['arg_a', '==', '1']], undefined],
    [[['arg_a', '1']], undefined],
    [[['arg_a', '!', 'IN', ['1']]], undefined],
    [['or', [['arg_a', '==', '1'], ['b', '~~', '^x']], ['!AND', ['c', 'has', 1], ['d', 'ipmatch', ['::1', '10.0.0.0/8']]]], undefined],
    [[['post_arg.messages[*].content', '~*', 'x'], ['post_arg..role', 'has', 'y']], undefined],
    [[['post_arg.messages[', '==', '1']], 'invalid JSONPath \'post_arg.messages[\''],
    [['arg_a', '==', '1'], 'rule should be wrapped inside brackets'],
    [['OR', ['a', '1']], 'rule too short'],
    [[['a']], 'rule too short'],
    [[['a', '?', '==', '1']], 'bad \'not\' expression'],
    [[[1, '==', '1']], 'invalid expression'],
    [[['a', 'in', '1']], 'invalid expression'],
    [[['a', '~~', 1]], 'invalid expression'],
    [[['a', '~~', '(']], 'invalid regular expression: '],
    [[['a', 'ipmatch', '10.0.0.0/33']], 'invalid ip address'],
    [[['a', {}, '1']], 'invalid operator \'{}\'']
  ]
  for (const [vars, complaint] of cases) {
    const reply = await send('PUT', at('/1'), { ...route, vars })
    if (complaint === undefined) t.match(reply.status, /20[01]/, JSON.stringify(vars))
    else t.match(reply.body.error_msg, `failed to validate the 'vars' expression: ${complaint}`)
  }
})

t.test('a disabled plugin may be configured wrongly, an unknown one may not be there', async t => {
  const { send } = await startAdmin(t)
  const disabled = { _meta: { disable: true, filter: [1] } }
  t.equal((await send('PUT', at('/1'), { ...route, plugins: { 'ip-restriction': disabled } })).status, 201)
  t.equal((await send('PUT', at('/1'), { ...route, plugins: { nope: disabled } })).body.error_msg, 'unknown plugin [nope]')
})

t.test('an upstream\'s client key is stored encrypted and must belong to its certificate', async t => {
  const { send, store, keyring } = await startAdmin(t)
  const authority = createAuthority()
  const [one, other] = [authority.issue({ subject: 'one' }), authority.issue({ subject: 'other' })]
  const upstream = (cert: string, key: string) => ({ uri: '/a', upstream: { nodes: {}, tls: { client_cert: cert, client_key: key } } })
  const reply = await send('PUT', at('/1'), upstream(one.certPem, one.keyPem))
  t.equal(reply.status, 201)
  t.equal(reply.body.value.upstream.tls.client_key, keyring.encrypt(one.keyPem))
  t.equal((await send('GET', at('/1'))).body.value.upstream.tls.client_key, keyring.encrypt(one.keyPem))
  t.notMatch((await store.get('/apisix/routes/1'))?.value, 'PRIVATE KEY')
  t.match((await send('PUT', at('/2'), upstream(one.certPem, other.keyPem))).body.error_msg, /^the key does not belong to the certificate: cert \(subject CN=one, /)
})

t.test('ttl makes an object go away, and must be a number on every method', async t => {
  const { send, store } = await startAdmin(t)
  t.equal((await send('PUT', at('/1?ttl=1'), route)).status, 201)
  t.equal((await send('PUT', at('/2'), route)).status, 201)
  t.equal((await send('PATCH', at('/2?ttl=2'), { desc: 'd' })).status, 200)
  t.equal((await send('POST', at('?ttl=3600'), route)).status, 201)
  for (const [method, path] of [['PUT', '/1?ttl=x'], ['GET', '/1?ttl='], ['DELETE', '/1?ttl=1s']] as const) {
    const reply = await send(method, at(path), method === 'PUT' ? route : undefined)
    t.equal(reply.status, 400)
    t.equal(reply.body.error_msg, 'invalid argument ttl: should be a number')
  }
  t.equal((await send('PUT', at('/1?ttl=9000000001'), route)).status, 400)
  const fraction = await send('PUT', at('/1?ttl=2.5'), route)
  t.equal(fraction.status, 503)
  t.equal(fraction.body.error_msg, 'ttl must be integer')

  const gone = new Set<string>()
  await new Promise<void>(resolve => {
    const watch = store.watch('/apisix/routes/', {
      fromRevision: 1,
      onBatch: ({ events }) => {
        for (const event of events) if (event.kind === 'delete') gone.add(event.key)
        if (gone.size === 2) resolve(watch.close())
      }
    })
  })
  t.equal((await send('GET', at('/1'))).status, 404)
  t.equal((await send('GET', at(''))).body.total, 1)
})

t.test('writes are logged with what was written, never with its content', async t => {
  const { send, lines } = await startAdmin(t)
  await send('PUT', at('/1'), { ...route, desc: 'a canary' })
  await send('PATCH', at('/1'), { desc: 'a canary, still' })
  await send('DELETE', at('/1'))
  const written = lines.filter(line => line.includes('resource ')).map(line => JSON.parse(line))
  t.match(written, [
    { level: 30, component: 'admin-api', kind: 'route', id: '1', method: 'PUT', revision: Number, msg: 'resource written' },
    { level: 30, kind: 'route', id: '1', method: 'PATCH', msg: 'resource written' },
    { level: 30, kind: 'route', id: '1', method: 'DELETE', msg: 'resource deleted' }
  ])
  t.notOk(lines.some(line => line.includes('canary')))
})
