import t from 'tap'
import { createAuthority } from '../support/pki.ts'
import { startAdmin } from './admin-server.ts'

const at = '/apisix/admin/upstreams/1'
const nodes = { '10.0.0.7:8080': 1 }
const chash = { nodes, type: 'chash' }
const bracketed = 'invalid configuration: IPv6 address must be enclosed with \'[\' and \']\''
const nodesRefused = 'invalid configuration: property "nodes" validation failed: object matches none of the required'

t.test('an upstream is refused in the words of APISIX', async t => {
  const { send, store } = await startAdmin(t)
  await store.put('/apisix/ssls/server', JSON.stringify({ id: 'server' }))
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{ nodes: [{ host: '::1', port: 80, weight: 1 }], surprise: 1 }, bracketed],
    [{}, 'invalid configuration: value should match only one schema, but matches none'],
    [{ service_name: 's' }, 'invalid configuration: value should match only one schema, but matches none'],
    [{ nodes, service_name: 's', discovery_type: 'dns' }, 'invalid configuration: value should match only one schema, but matches both schemas 1 and 2'],
    [{ nodes: { 'a b': 1 } }, nodesRefused],
    [{ nodes: { a: -1 } }, nodesRefused],
    [{ nodes: [{ host: 'a' }] }, nodesRefused],
    [{ nodes: [{ host: 'a', port: 0, weight: 1 }] }, nodesRefused],
    [{ nodes: { 'a:70000': 1 } }, 'invalid port 70000'],
    [{ nodes, tls: { client_cert_id: 'none' } }, 'failed to fetch ssl info by ssl id [none], response code: 404'],
    [{ nodes, tls: { client_cert_id: 'server' } }, 'failed to fetch ssl info by ssl id [server], wrong ssl type'],
    [{ nodes, pass_host: 'rewrite' }, '`upstream_host` can\'t be empty when `pass_host` is `rewrite`'],
    [chash, 'missing key'],
    [{ ...chash, hash_on: 'cookie', key: 'a b' }, 'invalid configuration: failed to match pattern "^[a-zA-Z0-9-_]+$" with "a b"'],
    [{ nodes, tls: { ocsp: 'required' } }, '`tls.ocsp` can\'t be `required` unless `tls.verify` is true'],
    [{ nodes, tls: { verify: false, ocsp: 'if_present' } }, '`tls.ocsp` can\'t be `if_present` unless `tls.verify` is true'],
    [{ nodes, tls: { verify: true, ocsp: 'maybe' } }, 'invalid configuration: property "tls" validation failed: property "ocsp" validation failed: matches none of the enum values'],
    [{ nodes, tls: { ca: createAuthority().certPem } }, '`tls.ca` has no effect unless `tls.verify` is true'],
    [{ nodes, tls: { verify: true, ca: 'x'.repeat(200) } }, '`tls.ca`: failed to parse cert: PEM_read_bio_X509_AUX() failed'],
    [{ nodes, scheme: 'ftp' }, 'invalid configuration: property "scheme" validation failed: matches none of the enum values'],
    [{ nodes, retries: -1 }, 'invalid configuration: property "retries" validation failed: expected -1 to be at least 0'],
    [{ nodes, keepalive_pool: { size: 0 } }, 'invalid configuration: property "keepalive_pool" validation failed: property "size" validation failed: expected 0 to be at least 1'],
    [{ nodes, checks: { passive: {} } }, 'invalid configuration: property "checks" validation failed: object matches none of the required: ["active"] or ["active","passive"]'],
    [{ nodes, checks: { active: { healthy: { successes: 0 } } } }, 'invalid configuration: property "checks" validation failed: property "active" validation failed: property "healthy" validation failed: property "successes" validation failed: expected 0 to be at least 1']
  ]
  for (const [body, sentence] of cases) {
    const reply = await send('PUT', at, body)
    t.strictSame([reply.status, reply.body], [400, { error_msg: sentence }], sentence)
  }
})

t.test('what APISIX takes is taken', async t => {
  const { send } = await startAdmin(t)
  const bodies = [
    { nodes: {} },
    { nodes: [] },
    { nodes: { 'a.test': 1, 'b.test:80': 0, '[::1]:80': 1, '[::1]': 1 } },
    { nodes: [{ host: '[::1]', weight: 1, priority: -1, metadata: { zone: 'a' }, more: 1 }] },
    { nodes, type: 'something-else', key: 'a b' },
    { ...chash, hash_on: 'consumer' },
    { nodes, scheme: 'https', tls: { verify: true, ca: createAuthority().certPem, ocsp: 'required' } },
    { nodes, scheme: 'grpcs', tls: { ocsp: 'off' } },
    { ...chash, hash_on: 'vars_combinations', key: '$request_uri$remote_addr' },
    { service_name: 's', discovery_type: 'anything', discovery_args: { namespace_id: 'n', more: 1 } },
    { nodes, checks: { active: { healthy: {}, unhealthy: {}, more: 1 }, passive: { unhealthy: { http_failures: 0 } } } },
    { nodes, timeout: { connect: 0.5, send: 1, read: 1 }, retries: 0, retry_timeout: 0, pass_host: 'rewrite', upstream_host: '*.a.test' }
  ]
  for (const body of bodies) {
    const reply = await send('PUT', at, body)
    t.match(reply.status, /20[01]/, reply.text)
    const { id, create_time: created, update_time: updated, ...stored } = reply.body.value
    t.strictSame(stored, body, 'without defaults')
  }
})

t.test('a client key is stored encrypted, alone and embedded, and may be sent back so', async t => {
  const { send, store, keyring } = await startAdmin(t, { streamMode: true })
  const { certPem, keyPem } = createAuthority().issue({ subject: 'client' })
  const upstream = { nodes, tls: { client_cert: certPem, client_key: keyPem } }
  const encrypted = keyring.encrypt(keyPem)
  for (const [path, body] of [['upstreams/1', upstream], ['services/1', { upstream }], ['stream_routes/1', { upstream }]] as const) {
    const { body: { value } } = await send('PUT', `/apisix/admin/${path}`, body)
    t.equal((value.upstream ?? value).tls.client_key, encrypted, path)
    t.notMatch((await store.get(`/apisix/${path}`))?.value, 'PRIVATE KEY')
    const again = await send('PUT', `/apisix/admin/${path}`, { ...value, create_time: undefined, update_time: undefined })
    t.equal((again.body.value.upstream ?? again.body.value).tls.client_key, encrypted, path)
  }
  t.equal((await send('PATCH', `${at}/desc`, '"d"')).body.value.tls.client_key, encrypted)
})

t.test('a service may be empty; its upstream and references are checked', async t => {
  const { send } = await startAdmin(t)
  const service = '/apisix/admin/services/1'
  const cases: ReadonlyArray<readonly [body: object, sentence: string]> = [
    [{ upstream: {} }, 'invalid configuration: property "upstream" validation failed: value should match only one schema, but matches none'],
    [{ upstream: chash }, 'missing key'],
    [{ upstream_id: 'u' }, 'failed to fetch upstream info by upstream id [u], response code: 404'],
    [{ plugins: { nope: {} } }, 'unknown plugin [nope]'],
    [{ script: 'local _M = {} return _M' }, 'failed to load \'script\' string: this gateway does not run Lua']
  ]
  for (const [body, sentence] of cases) t.equal((await send('PUT', service, body)).body.error_msg, sentence)
  t.equal((await send('PUT', service, {})).status, 201)
  await send('PUT', '/apisix/admin/upstreams/u', { nodes })
  t.equal((await send('PUT', service, { upstream: { nodes }, upstream_id: 'u', hosts: ['*.a.test'], enable_websocket: true })).status, 200)
})
