import { readdir } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { request as requestHttp } from 'undici'
import { createOcspResponder, type Lie, type OcspResponder, type OcspResponderOptions } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream } from '../support/upstream.ts'

interface World {
  readonly authority: Authority
  readonly delegate: Issued
  readonly responder: OcspResponder
  readonly leaf: Issued
}

interface Shown { readonly [member: string]: unknown }

const gateway = await TestGateway.start(t)

// Ssl 1 is stapled by a responder that signs as a delegate, and tells lies when asked to; it goes with its test.
async function createWorld (t: Test, options: Partial<OcspResponderOptions> = {}): Promise<World> {
  const authority = createAuthority()
  const delegate = authority.issueDelegate()
  const responder = await createOcspResponder({ authority, delegate, ...options })
  t.teardown(() => responder.close())
  const leaf = authority.issue({ subject: 'a secret subject', sans: ['test.com'], ocspUris: [responder.url] })
  responder.set(leaf, 'good')
  const put = await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })
  t.equal(put.status, 201, put.text)
  t.teardown(async () => {
    await gateway.admin('DELETE', 'ssls/1')
    await until(async () => (await gateway.admin('GET', 'ocsp/staples')).body['total'] as unknown === 0)
  })
  await until(async () => (await shown(gateway))['state'] !== 'missing')
  return { authority, delegate, responder, leaf }
}

async function shown (gateway: TestGateway, sslId = '1'): Promise<Shown> {
  const { body } = await gateway.admin('GET', `ocsp/staples/${sslId}`)
  return (body['list'] as unknown as Shown[] | undefined)?.[0] ?? {}
}

const staple = async (gateway: TestGateway) => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple

t.test('the Admin API and the control API show the same of each staple, and no secret', async t => {
  const { leaf, responder } = await createWorld(t)
  const admin = await gateway.admin('GET', 'ocsp/staples')
  t.equal(admin.status, 200)
  t.match(admin.body, {
    total: 1,
    list: [{
      ssl_id: '1',
      snis: ['test.com'],
      fingerprint: leaf.certificate.fingerprint,
      state: 'good',
      must_staple: false,
      verified: true,
      responder: responder.url,
      signer: 'delegate',
      hash: 'sha256',
      failures: 0
    }]
  })
  const one = await shown(gateway)
  const [thisUpdate, fetchedAt, due, usableEnd] = ['this_update', 'fetched_at', 'due', 'usable_end'].map(name => {
    t.match(one[name], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, name)
    return Date.parse(String(one[name]))
  }) as [number, number, number, number]
  t.ok(thisUpdate < fetchedAt && fetchedAt < due && due < usableEnd, 'in this order')
  for (const path of ['/v1/ocsp/staples', '/v1/ocsp/staples/1']) t.equal((await gateway.control(path)).text.trim(), admin.text.trim())
  t.notMatch(admin.text, /PRIVATE|a secret subject/)

  await t.test('the control API pages as the Admin API does, and shows only', async t => {
    for (const query of ['?page=2&page_size=10', '?page=1&page_size=10', '?page_size=3']) {
      t.equal((await gateway.control(`/v1/ocsp/staples${query}`)).text.trim(), (await gateway.admin('GET', `ocsp/staples${query}`)).text.trim(), query)
    }
    t.match((await gateway.control('/v1/ocsp/clients?page=1&page_size=3')), { status: 400, body: { error_msg: 'page_size must be between 10 and 500' } })
    for (const [method, path] of [['POST', 'staples/1/refresh'], ['DELETE', 'staples/1'], ['DELETE', `clients/${leaf.certificate.fingerprint}`], ['POST', 'explain']] as const) {
      const answer = await requestHttp(`${gateway.controlUrl}/v1/ocsp/${path}`, { method })
      t.equal(answer.statusCode, 404, `${method} ${path}`)
      await answer.body.dump()
    }
  })

  await t.test('an ssl that is not stapled is not found', async t => {
    const bare = createAuthority().issue({ sans: ['bare.test'] })
    t.equal((await gateway.admin('PUT', 'ssls/2', { cert: bare.chainPem, key: bare.keyPem, sni: 'bare.test' })).status, 201)
    for (const id of ['2', '3']) {
      const answer = await gateway.admin('GET', `ocsp/staples/${id}`)
      t.equal(answer.status, 404)
      t.equal(answer.text, '{"message":"Key not found"}\n')
    }
    t.equal((await gateway.control('/v1/ocsp/staples/2')).status, 404)
  })

  await t.test('a viewer sees it and may not refresh it', async t => {
    t.equal((await gateway.admin('GET', 'ocsp/staples', undefined, gateway.viewerKey)).status, 200)
    t.equal((await gateway.admin('POST', 'ocsp/staples/1/refresh', undefined, gateway.viewerKey)).status, 401)
  })
})

t.test('a refresh asks at once and answers with what came of it', async t => {
  const { leaf, responder } = await createWorld(t)
  const before = responder.count

  await t.test('a failure is shown with its code, since when, and how often in a row', async t => {
    responder.lie('badSignature')
    for (const failures of [1, 2]) {
      const { status, body } = await gateway.admin('POST', 'ocsp/staples/1/refresh')
      t.equal(status, 200)
      t.match(body, { asked: 1, total: 1, list: [{ state: 'good', failures, last_error: { code: 'OCSP_ERR_SIGNATURE_INVALID', since: /^\d{4}-/, message: String } }] })
    }
    t.equal(responder.count, before + 2, 'backoff does not keep it from asking')
    t.equal(await staple(gateway), 'good', 'what was held is still sent')
  })

  await t.test('an honest answer wipes the failures out', async t => {
    responder.lie(undefined)
    const { body } = await gateway.admin('POST', 'ocsp/staples/1/refresh')
    t.match(body, { asked: 1, list: [{ state: 'good', failures: 0 }] })
    t.notOk('last_error' in (body['list'] as unknown as Shown[])[0]!)
  })

  await t.test('a certificate that was revoked meanwhile is shown as revoked and stapled no more', async t => {
    responder.revoke(leaf)
    await until(async () => {
      const { body } = await gateway.admin('POST', 'ocsp/staples/1/refresh')
      return (body['list'] as unknown as Shown[])[0]?.['state'] === 'revoked'
    })
    await until(async () => await staple(gateway) === 'none')
    t.pass()
  })
})

t.test('a purge forgets the staple in memory and on disk, and the responder is asked anew', async t => {
  const folder = join(gateway.folder, 'data', 'ocsp', 'staples')
  const others = await readdir(folder)
  const { responder } = await createWorld(t)
  t.equal((await readdir(folder)).length, others.length + 1)
  await responder.stop()

  const purged = await gateway.admin('DELETE', 'ocsp/staples/1')
  t.equal(purged.status, 200)
  t.equal(purged.text, '{"key":"/apisix/ocsp/staples/1","deleted":"1"}\n')
  t.equal(await staple(gateway), 'none')
  t.same(await readdir(folder), others)
  await until(async () => Number((await shown(gateway))['failures']) > 0)
  t.match(await shown(gateway), { state: 'missing', verified: false, last_error: { code: 'OCSP_ERR_RESPONDER_CONNECT' } })

  await responder.restart()
  t.match((await gateway.admin('POST', 'ocsp/staples/1/refresh')).body, { list: [{ state: 'good', failures: 0 }] })
  await until(async () => await staple(gateway) === 'good')
})

t.test('explain shows every rule and its outcome, and changes nothing', async t => {
  const { leaf, authority, responder } = await createWorld(t)
  const before = await shown(gateway)
  const explain = async (more: object = {}) => await gateway.admin('POST', 'ocsp/explain', { cert: leaf.certPem, issuer: authority.certPem, ...more })
  const failed = (answer: unknown) => ((answer as Shown)['steps'] as Shown[]).find(({ outcome }) => outcome === 'failed')

  const good = await explain()
  t.equal(good.status, 200, good.text)
  t.match(good.body, {
    certificate: { fingerprint: leaf.certificate.fingerprint, must_staple: false, responders: [responder.url] },
    issuer: { fingerprint: authority.certificate.fingerprint },
    verdict: { kind: 'good', signer: 'delegate', hash: 'sha256', within_tolerance: false, warnings: [] }
  })
  const [answer] = good.body['answers'] as unknown as Shown[]
  t.match(answer, { responder: responder.url, hash: 'sha256' })
  const steps = answer?.['steps'] as Shown[]
  t.strictSame(steps.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  t.ok(steps.every(({ outcome }) => outcome === 'passed'))

  await t.test('the response can be handed in again, and judged at another time', async t => {
    const count = responder.count
    const response = answer?.['response']
    t.match((await explain({ response })).body, { verdict: { kind: 'good' }, answers: [{ steps: [{ outcome: 'passed' }] }] })
    const late = await explain({ response, at: new Date(Date.now() + 24 * 3_600_000).toISOString() })
    t.match(late.body['verdict'], { kind: 'indeterminate', code: 'OCSP_ERR_EXPIRED' })
    t.match(failed((late.body['answers'] as unknown as Shown[])[0]), { step: 10, code: 'OCSP_ERR_EXPIRED', source: /RFC/ })
    t.equal(responder.count, count, 'nobody is asked')
  })

  const lies: ReadonlyArray<readonly [lie: Lie, step: number, code: string]> = [
    ['garbage', 1, 'OCSP_ERR_MALFORMED'],
    ['truncated', 1, 'OCSP_ERR_MALFORMED'],
    ['tryLater', 2, 'OCSP_ERR_STATUS_TRY_LATER'],
    ['badSignature', 5, 'OCSP_ERR_SIGNATURE_INVALID'],
    ['wrongSigner', 6, 'OCSP_ERR_SIGNER_NOT_AUTHORIZED'],
    ['wrongSerial', 9, 'OCSP_ERR_CERT_ID_NOT_FOUND'],
    ['expired', 10, 'OCSP_ERR_EXPIRED'],
    ['notYetValid', 10, 'OCSP_ERR_NOT_YET_VALID'],
    ['noNextUpdate', 10, 'OCSP_ERR_NEXT_UPDATE_MISSING']
  ]
  for (const [lie, step, code] of lies) {
    await t.test(`a responder that lies (${String(lie)}) fails at step ${step}`, async t => {
      responder.lie(lie)
      const { body } = await explain()
      t.match(body['verdict'], { kind: 'indeterminate', code })
      const [first] = body['answers'] as unknown as Shown[]
      t.match(failed(first), { step, code })
      t.strictSame((first?.['steps'] as Shown[]).map(({ outcome }) => outcome), Array.from({ length: 11 }, (_, index) => index + 1 < step ? 'passed' : index + 1 === step ? 'failed' : 'not reached'))
      responder.lie(undefined)
    })
  }

  await t.test('the policy decides', async t => {
    responder.lie('noNextUpdate')
    t.match((await explain({ policy: { without_next_update_ttl: 3600 } })).body['verdict'], { kind: 'good' })
    responder.lie('noNonce')
    const nonce = await explain({ policy: { nonce: 'required' } })
    t.match(failed((nonce.body['answers'] as unknown as Shown[])[0]), { step: 8, code: 'OCSP_ERR_NONCE_MISSING' })
    responder.lie(undefined)
    t.match((await explain({ policy: { nonce: 'required' } })).body['verdict'], { kind: 'good' })
    t.match((await explain({ policy: { response_max_age: 1 } })).body['verdict'], { code: 'OCSP_ERR_TOO_OLD' })
  })

  await t.test('a responder that cannot be asked is a failure without steps', async t => {
    const { body } = await explain({ responder: 'http://127.0.0.1:1/' })
    t.match(body['verdict'], { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_CONNECT' })
    t.strictSame(body['answers'], [{ responder: 'http://127.0.0.1:1/', hash: 'sha256', failure: { code: 'OCSP_ERR_RESPONDER_CONNECT', detail: 'connection refused' }, steps: [] }])
  })

  await t.test('a revoked certificate is told with time and reason', async t => {
    const revoked = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
    responder.revoke(revoked, { revokedAtMs: Date.UTC(2024, 0, 2), reason: 1 })
    const { body } = await explain({ cert: revoked.chainPem, issuer: undefined })
    t.match(body['verdict'], { kind: 'revoked', revoked_at: '2024-01-02T00:00:00.000Z', reason: 'keyCompromise' })
  })

  await t.test('a certificate that nobody can be asked about says so', async t => {
    const silent = authority.issue({ sans: ['test.com'] })
    t.match((await explain({ cert: silent.certPem })).body, { verdict: { kind: 'notApplicable', reason: 'noResponder' }, answers: [] })
  })

  await t.test('what makes no sense is refused with a sentence', async t => {
    const stranger = createAuthority({ name: 'Stranger' })
    const cases: ReadonlyArray<readonly [more: object, sentence: string]> = [
      [{ issuer: stranger.certPem }, 'the certificate in "issuer" did not issue the one in "cert"'],
      [{ issuer: undefined }, 'the issuer is not in "cert": give it as "issuer"'],
      [{ cert: 'no certificate '.repeat(10) }, 'there is no certificate in "cert"'],
      [{ cert: leaf.certPem.replace('MII', 'MIX') }, 'a certificate cannot be read: ']
    ]
    for (const [more, sentence] of cases) {
      const refused = await explain(more)
      t.equal(refused.status, 400, sentence)
      t.ok(String(refused.body['error_msg']).startsWith(`invalid question: ${sentence}`), refused.text)
    }
  })

  t.strictSame(await shown(gateway), before)
})

t.test('explain shows that a responder knows only SHA-1', async t => {
  const { leaf, responder } = await createWorld(t, { onlyHash: 'sha1' })
  const { body } = await gateway.admin('POST', 'ocsp/explain', { cert: leaf.chainPem })
  t.match(body, {
    verdict: { kind: 'good', hash: 'sha1' },
    answers: [
      { responder: responder.url, hash: 'sha256', steps: [{ outcome: 'passed' }, { outcome: 'failed', code: 'OCSP_ERR_STATUS_UNAUTHORIZED' }] },
      { responder: responder.url, hash: 'sha1', steps: [{ outcome: 'passed' }, { outcome: 'passed' }] }
    ]
  })
  t.match(await shown(gateway), { state: 'good', hash: 'sha1' })
})

t.test('a client is shown by its fingerprint alone, and asked about again after a purge', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const [server, client] = [createAuthority().issue({ sans: ['test.com'] }), authority.issue({ subject: 'a secret subject' })]
  const { fingerprint } = client.certificate
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  t.equal((await gateway.admin('PUT', 'ssls/1', {
    cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: authority.certPem }, ocsp_stapling: { ssl_ocsp: 'leaf', ssl_ocsp_responder: responder.url }
  })).status, 201)
  t.equal((await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': { rejected_code: 403 } }, upstream: { nodes: { [upstream.node]: 1 } } })).status, 201)
  t.strictSame((await gateway.admin('GET', 'ocsp/clients')).body, { total: 0, list: [] })

  responder.revoke(client)
  await until(async () => await visit(gateway, client) === 403)
  const listed = await gateway.admin('GET', 'ocsp/clients')
  t.match(listed.body, { total: 1, list: [{ fingerprint, state: 'revoked', source: 'ocsp', since: /^\d{4}-/, known_until: /^\d{4}-/, ssl_id: '1', responder: new URL(responder.url).host }] })
  t.notMatch(listed.text, 'a secret subject')
  t.notMatch(listed.text, new RegExp(client.serialHex, 'i'))
  t.equal((await gateway.control('/v1/ocsp/clients')).text.trim(), listed.text.trim())
  t.equal((await gateway.control(`/v1/ocsp/clients/${fingerprint}`)).text.trim(), listed.text.trim())

  responder.set(client, 'good')
  t.equal(await visit(gateway, client), 403, 'what was revoked is remembered')
  const count = responder.count
  const purged = await gateway.admin('DELETE', `ocsp/clients/${fingerprint}`)
  t.equal(purged.text, `{"key":"/apisix/ocsp/clients/${fingerprint}","deleted":"1"}\n`)
  t.equal((await gateway.admin('GET', `ocsp/clients/${fingerprint}`)).status, 404)
  t.equal((await gateway.control(`/v1/ocsp/clients/${fingerprint}`)).status, 404)
  await until(async () => await visit(gateway, client) === 200)
  t.equal(responder.count, count + 1)
  t.match((await gateway.admin('GET', `ocsp/clients/${fingerprint}`)).body, { total: 1, list: [{ state: 'good' }] })

  await t.test('a responder that is away is why there is no verdict', async t => {
    const other = authority.issue({ subject: 'other' })
    await responder.stop()
    t.equal(await visit(gateway, other), 400)
    t.match((await gateway.admin('GET', `ocsp/clients/${other.certificate.fingerprint}`)).body, { list: [{ state: 'indeterminate', code: 'OCSP_ERR_RESPONDER_CONNECT' }] })
    await responder.restart()
  })

  await t.test('explain asks what a client names only if the guard lets it pass', async t => {
    const hostile = authority.issue({ ocspUris: [responder.url] })
    const explain = async (more: object) => (await gateway.admin('POST', 'ocsp/explain', { cert: hostile.chainPem, policy: { purpose: 'client' }, ...more })).body
    t.match(await explain({}), { verdict: { kind: 'indeterminate', code: 'OCSP_ERR_URL_REFUSED' }, answers: [{ failure: { code: 'OCSP_ERR_URL_REFUSED' } }] })
    t.match(await explain({ responder: responder.url }), { verdict: { kind: 'good' } })
  })
})

async function visit (gateway: TestGateway, { certPem, keyPem }: Issued): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: gateway.httpsPort, servername: 'test.com', rejectUnauthorized: false, cert: certPem, key: keyPem, agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
}
