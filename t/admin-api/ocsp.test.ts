import type { ClientStatus, CrlStatus, OcspInspection, StapleStatus } from '@clinch/admin-api'
import t, { type Test } from 'tap'
import { adminKey, startAdmin, viewerKey } from './admin-server.ts'

const at = (path: string) => `/apisix/admin/ocsp/${path}`

const staple = (sslId: string, more: Partial<StapleStatus> = {}): StapleStatus => ({
  ssl_id: sslId,
  snis: ['shop.test'],
  fingerprint: 'ab'.repeat(32),
  state: 'good',
  must_staple: false,
  verified: true,
  this_update: '2030-01-01T00:00:00.000Z',
  usable_end: '2030-01-01T01:00:00.000Z',
  fetched_at: '2030-01-01T00:00:01.000Z',
  due: '2030-01-01T00:31:00.000Z',
  responder: 'http://ocsp.test/',
  signer: 'delegate',
  hash: 'sha256',
  failures: 0,
  ...more
})

const client = (number: number): ClientStatus => ({ fingerprint: number.toString(16).padStart(64, '0'), state: 'good', source: 'ocsp' })

// An agent that holds what it is told to, and remembers what it was asked to do.
function agent (held: { staples?: readonly StapleStatus[], clients?: readonly ClientStatus[], crls?: readonly CrlStatus[] } = {}): OcspInspection & { readonly done: string[] } {
  const done: string[] = []
  let clients = held.clients ?? []
  return {
    done,
    staples: () => held.staples ?? [],
    clients: () => clients,
    crls: () => held.crls ?? [],
    async refresh (sslId) { return done.push(`refresh ${sslId}`) },
    async purge (sslId) {
      done.push(`purge ${sslId}`)
      return 2
    },
    forgetClient (fingerprint) {
      const before = clients.length
      clients = clients.filter(known => !known.fingerprint.startsWith(fingerprint)) // one that takes more than it is meant to
      return clients.length < before
    },
    async explain (question) { return { kind: 'refused', reason: JSON.stringify(question) } }
  }
}

t.test('the staples are listed with all that an operator wants to know of them', async t => {
  const failing = staple('2', { state: 'missing', verified: false, last_error: { code: 'OCSP_ERR_RESPONDER_TIMEOUT', message: 'ocsp responder query failed: timeout', since: '2030-01-01T00:00:00.000Z' }, failures: 3 })
  const { send } = await startAdmin(t, { ocsp: agent({ staples: [staple('1'), failing] }) })
  const reply = await send('GET', at('staples'))
  t.equal(reply.status, 200)
  t.strictSame(reply.body, { total: 2, list: [staple('1'), failing] })
  t.equal(reply.headers.get('content-type'), 'application/json')
  t.equal(reply.headers.get('x-api-version'), 'v3')
  t.ok(reply.text.endsWith('}\n'))
})

t.test('the CRLs are listed, to look at and no more', async t => {
  const crl: CrlStatus = { id: '0123456789abcdef', place: 'crl.test', issuer: 'ab'.repeat(32), state: 'current', this_update: '2030-01-01T00:00:00.000Z', next_update: '2030-01-08T00:00:00.000Z', entries: 3, failures: 0 }
  const { send } = await startAdmin(t, { ocsp: agent({ crls: [crl, { ...crl, id: 'fedcba9876543210', state: 'loading' }] }) })
  const reply = await send('GET', at('crls'))
  t.equal(reply.status, 200)
  t.strictSame(reply.body, { total: 2, list: [crl, { ...crl, id: 'fedcba9876543210', state: 'loading' }] })
  const refused = await send('DELETE', at('crls'))
  t.equal(refused.status, 405)
})

t.test('one ssl shows the staple of each of its certificates', async t => {
  const staples = [staple('1'), staple('2'), staple('2', { fingerprint: 'cd'.repeat(32) })]
  const { send } = await startAdmin(t, { ocsp: agent({ staples }) })
  t.strictSame((await send('GET', at('staples/2'))).body, { total: 2, list: staples.slice(1) })
})

t.test('an ssl that is not there or that is not stapled is a key that is not found', async t => {
  const ocsp = agent({ staples: [staple('1')] })
  const { send } = await startAdmin(t, { ocsp })
  for (const [method, path] of [['GET', 'staples/9'], ['DELETE', 'staples/9'], ['POST', 'staples/9/refresh'], ['GET', `clients/${'0'.repeat(64)}`], ['DELETE', `clients/${'0'.repeat(64)}`]] as const) {
    const reply = await send(method, at(path))
    t.equal(reply.status, 404, `${method} ${path}`)
    t.equal(reply.text, '{"message":"Key not found"}\n')
  }
  t.strictSame(ocsp.done, [])
})

t.test('a refresh answers with how many were asked about and what came of it', async t => {
  const ocsp = agent({ staples: [staple('1')] })
  const { send, lines } = await startAdmin(t, { ocsp })
  const reply = await send('POST', at('staples/1/refresh'))
  t.equal(reply.status, 200)
  t.strictSame(reply.body, { asked: 1, total: 1, list: [staple('1')] })
  t.strictSame(ocsp.done, ['refresh 1'])
  t.match(lines.filter(line => line.includes('by an operator')).map(line => JSON.parse(line)), [{ level: 30, msg: 'staples refreshed by an operator', sslId: '1', asked: 1 }])
})

t.test('a purge answers as the deletion of a resource does', async t => {
  const ocsp = agent({ staples: [staple('1')] })
  const { send, lines } = await startAdmin(t, { ocsp })
  const reply = await send('DELETE', at('staples/1'))
  t.equal(reply.status, 200)
  t.equal(reply.text, '{"key":"/apisix/ocsp/staples/1","deleted":"2"}\n')
  t.strictSame(ocsp.done, ['purge 1'])
  t.match(lines.filter(line => line.includes('by an operator')).map(line => JSON.parse(line)), [{ level: 30, msg: 'staples purged by an operator', sslId: '1' }])
})

t.test('staples are paged as resources are', async t => {
  const { send } = await startAdmin(t, { ocsp: agent({ staples: Array.from({ length: 25 }, (_, index) => staple(String(index))) }) })
  const { body } = await send('GET', at('staples?page=3&page_size=10'))
  t.equal(body.total, 25)
  t.strictSame(body.list.map((shown: StapleStatus) => shown.ssl_id), ['20', '21', '22', '23', '24'])
  const refused = await send('GET', at('staples?page=1&page_size=5'))
  t.equal(refused.status, 400)
  t.equal(refused.text, 'page_size must be between 10 and 500')
})

t.test('of very many clients 500 are shown at a time', async t => {
  const { send } = await startAdmin(t, { ocsp: agent({ clients: Array.from({ length: 1001 }, (_, index) => client(index)) }) })
  const first = await send('GET', at('clients'))
  t.equal(first.body.total, 1001)
  t.equal(first.body.list.length, 500)
  t.strictSame((await send('GET', at('clients?page=3&page_size=500'))).body, { total: 1001, list: [client(1000)] })
  t.equal((await send('GET', at('clients?page=1&page_size=501'))).status, 400)
})

t.test('a client is shown and purged by its fingerprint, in our notation or in openssl\'s', async t => {
  const known = { ...client(0), fingerprint: '0a1b'.repeat(16) }
  const { send, lines } = await startAdmin(t, { ocsp: agent({ clients: [client(1), known] }) })
  const colons = '0A:1B:'.repeat(16).slice(0, -1)
  t.strictSame((await send('GET', at(`clients/${colons}`))).body, { total: 1, list: [known] })
  const purged = await send('DELETE', at(`clients/${colons}`))
  t.equal(purged.text, `{"key":"/apisix/ocsp/clients/${known.fingerprint}","deleted":"1"}\n`)
  t.equal((await send('GET', at(`clients/${known.fingerprint}`))).status, 404)
  for (const part of ['0', ':', '00:00', `${client(1).fingerprint}0`]) t.equal((await send('DELETE', at(`clients/${part}`))).status, 404, `${part} names nobody`)
  t.equal((await send('GET', at('clients'))).body.total, 1)
  t.match(lines.filter(line => line.includes('by an operator')).map(line => JSON.parse(line)), [{ msg: 'client verdict purged by an operator', fingerprint: known.fingerprint }])
})

t.test('a viewer sees everything and can do nothing', async t => {
  const ocsp = agent({ staples: [staple('1')], clients: [client(1)] })
  const { send } = await startAdmin(t, { ocsp })
  const headers = { 'x-api-key': viewerKey }
  for (const path of ['staples', 'staples/1', 'clients', `clients/${client(1).fingerprint}`]) t.equal((await send('GET', at(path), undefined, headers)).status, 200, path)
  for (const [method, path] of [['POST', 'staples/1/refresh'], ['DELETE', 'staples/1'], ['DELETE', `clients/${client(1).fingerprint}`], ['POST', 'explain']] as const) {
    const reply = await send(method, at(path), {}, headers)
    t.equal(reply.status, 401, `${method} ${path}`)
    t.equal(reply.text, '{"error_msg":"failed to check token","description":"invalid method for role viewer"}\n')
  }
  t.strictSame(ocsp.done, [])
})

t.test('without a key nothing is shown, and pages of any origin may read the answers', async t => {
  const { send } = await startAdmin(t, { ocsp: agent() })
  const missing = await send('GET', at('staples'), undefined, {})
  t.equal(missing.status, 401)
  t.equal(missing.headers.get('x-api-version'), null)
  t.equal((await send('GET', at('staples'))).headers.get('access-control-allow-origin'), '*')
  const preflight = await send('OPTIONS', at('staples/1/refresh'), undefined, {})
  t.equal(preflight.status, 200)
  t.match(preflight.headers.get('access-control-allow-methods'), 'DELETE')
})

t.test('other methods and other paths are refused as everywhere', async t => {
  const { send } = await startAdmin(t, { ocsp: agent({ staples: [staple('1')] }) })
  for (const [method, path, noun] of [['POST', 'staples', 'ocsp staples'], ['PUT', 'staples/1', 'ocsp staple'], ['GET', 'staples/1/refresh', 'ocsp staple refresh'], ['DELETE', 'clients', 'ocsp clients'], ['PATCH', 'clients/ab', 'ocsp client'], ['GET', 'explain', 'ocsp explain']] as const) {
    const reply = await send(method, at(path))
    t.equal(reply.status, 405, `${method} ${path}`)
    t.equal(reply.text, `{"error_msg":"not supported \`${method}\` method for ${noun}"}\n`)
  }
  for (const path of ['responders', 'staples/1/refresh/now', 'explain/more']) {
    const reply = await send('GET', at(path))
    t.equal(reply.status, 404, path)
    t.equal(reply.text, '{"error_msg":"not found"}\n')
  }
})

t.test('a process without an OCSP agent says so with 503, once the key was right', async t => {
  const { send } = await startAdmin(t)
  for (const [method, path] of [['GET', 'staples'], ['GET', 'clients'], ['POST', 'staples/1/refresh'], ['DELETE', 'staples/1'], ['POST', 'explain']] as const) {
    const reply = await send(method, at(path))
    t.equal(reply.status, 503, `${method} ${path}`)
    t.equal(reply.text, '{"error_msg":"this process runs no OCSP agent: ask the control API of a machine that serves traffic (GET /v1/ocsp/staples)"}\n')
  }
  t.equal((await send('GET', at('staples'), undefined, {})).status, 401)
})

t.test('a question to explain is checked before anybody is asked', async t => {
  const cert = 'c'.repeat(128)
  const cases: ReadonlyArray<readonly [body: unknown, sentence: string]> = [
    [{}, 'property "cert" is required'],
    [undefined, 'wrong type: expected object, got nil'],
    [[1], 'wrong type: expected object, got table'],
    [{ cert: 'short' }, 'property "cert" validation failed: string too short, expected at least 128, got 5'],
    [{ cert, key: 'k' }, 'additional properties forbidden, found key'],
    [{ cert, responder: 'ldap://ocsp.test' }, 'property "responder" validation failed: failed to match pattern "^https?://\\\\S+$" with "ldap://ocsp.test"'],
    [{ cert, response: 'MII!' }, 'property "response" validation failed: failed to match pattern "^[A-Za-z0-9+/=\\\\s]+$" with "MII!"'],
    [{ cert, response: 'MII=', responder: 'http://ocsp.test' }, '"response" and "responder" exclude each other'],
    [{ cert, at: 'yesterday' }, 'property "at" validation failed: expect valid date-time format but got: yesterday'],
    [{ cert, at: '2030-06-30T23:59:60Z' }, '"at" is no instant'],
    [{ cert, policy: { skew: 901 } }, 'property "policy" validation failed: property "skew" validation failed: expected 901 to be at most 900'],
    [{ cert, policy: { skews: 1 } }, 'property "policy" validation failed: additional properties forbidden, found skews'],
    [{ cert, policy: { purpose: 'fun' } }, 'property "policy" validation failed: property "purpose" validation failed: matches none of the enum values']
  ]
  const { send } = await startAdmin(t, { ocsp: agent() })
  for (const [body, sentence] of cases) {
    const reply = await send('POST', at('explain'), body)
    t.equal(reply.status, 400, sentence)
    t.equal(reply.body.error_msg, `invalid question: ${sentence}`)
  }
  t.match((await send('POST', at('explain'), '{"cert":')).body.error_msg, 'invalid request body')
  await t.test('its defaults are filled in', async t => {
    const { body } = await send('POST', at('explain'), { cert })
    t.equal(body.error_msg, `invalid question: ${JSON.stringify({ cert, policy: { purpose: 'staple' } })}`)
  })
})

t.test('a question is handed on as it was asked, and the answer comes back as it is', async t => {
  const { send } = await explainer(t)
  const reply = await send('POST', at('explain'), { cert: 'c'.repeat(128), response: 'MIIB\nAA==', policy: { purpose: 'client', skew: 30 } }, { 'x-api-key': adminKey })
  t.equal(reply.status, 200)
  t.equal(reply.headers.get('x-api-version'), 'v3')
  t.match(reply.body, { certificate: { fingerprint: 'ff' }, verdict: { kind: 'notApplicable', reason: 'client 30' } })
})

async function explainer (t: Test) {
  return await startAdmin(t, {
    ocsp: {
      ...agent(),
      explain: async ({ policy }) => ({
        kind: 'explained',
        explanation: {
          certificate: { fingerprint: 'ff', not_after: '2030-01-01T00:00:00.000Z', must_staple: false, responders: [] },
          issuer: { fingerprint: 'ee' },
          verdict: { kind: 'notApplicable', reason: `${policy.purpose} ${policy.skew}` },
          answers: []
        }
      })
    }
  })
}
