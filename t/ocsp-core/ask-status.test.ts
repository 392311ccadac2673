import t, { type Test } from 'tap'
import { randomBytes } from 'node:crypto'
import { askStatus, type AskOutcome, type AskStatusOptions, clientCheckPolicy, createHashMemory, respondersFor, staplePolicy } from '@clinch/ocsp-core'
import { createAuthority } from '../support/pki.ts'
import type { OcspResponder } from '../support/ocsp-responder.ts'
import { ca, clientFor, leaf, responderFor } from './asking.ts'

const hourMs = 3_600_000
const ask = async (t: Test, changes: Partial<AskStatusOptions>): Promise<AskOutcome> =>
  await askStatus({ certificate: leaf.certificate, issuer: ca.certificate, responders: [], client: clientFor(t), policy: staplePolicy, now: Date.now, ...changes })
const hashesOf = ({ requests }: OcspResponder): unknown[] => requests.map(({ read }) => read?.hash)

t.test('a verified answer comes with its octets, its responder and the hints of HTTP', async t => {
  const responder = await responderFor(t, { delegate: ca.issueDelegate(), headers: { 'cache-control': 'max-age=60', age: '1' } })
  const outcome = await ask(t, { responders: [responder.url] })
  t.match(outcome, { kind: 'verified', verdict: { kind: 'good', hash: 'sha256', signer: { kind: 'delegate' } }, der: Buffer, responder: responder.url, maxAgeMs: 60_000, ageMs: 1000 })
  responder.revoke(leaf, { reason: 1 })
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { kind: 'revoked', reason: 'keyCompromise' } })
  t.equal(responder.count, 2)
})

t.test('SHA-256 comes first, SHA-1 once more where that may help, and what worked is remembered for a day', async t => {
  const responder = await responderFor(t, { onlyHash: 'sha1', windowMs: 48 * hourMs })
  const hashMemory = createHashMemory()
  let now = Date.now()
  const again = async (): Promise<AskOutcome> => await ask(t, { responders: [responder.url], hashMemory, now: () => now })
  t.match(await again(), { kind: 'verified', verdict: { kind: 'good', hash: 'sha1' } })
  t.same(hashesOf(responder), ['sha256', 'sha1'])
  await again()
  t.same(hashesOf(responder), ['sha256', 'sha1', 'sha1'], 'remembered')
  now += 24 * hourMs
  await again()
  t.same(hashesOf(responder).slice(3), ['sha256', 'sha1'], 'and forgotten')
})

t.test('what is remembered is only where to start', async t => {
  const responder = await responderFor(t, { onlyHash: 'sha256' })
  const hashMemory = createHashMemory(1)
  const other = await responderFor(t, { onlyHash: 'sha1' })
  await ask(t, { responders: [other.url], hashMemory })
  await ask(t, { responders: [responder.url], hashMemory })
  await ask(t, { responders: [other.url], hashMemory })
  t.same(hashesOf(other), ['sha256', 'sha1', 'sha256', 'sha1'], 'a memory of one has forgotten')
  const stale = { get: () => ({ hash: 'sha1', untilMs: Infinity } as const), set: () => {} }
  t.match(await ask(t, { responders: [responder.url], hashMemory: stale }), { kind: 'verified', verdict: { hash: 'sha256' } })
})

t.test('a pinned hash is the only one', async t => {
  const responder = await responderFor(t, { onlyHash: 'sha1' })
  t.match(await ask(t, { responders: [responder.url], pinnedHash: 'sha256' }), { kind: 'indeterminate', code: 'OCSP_ERR_STATUS_UNAUTHORIZED', responder: responder.url })
  t.match(await ask(t, { responders: [responder.url], pinnedHash: 'sha1' }), { kind: 'verified' })
  t.same(hashesOf(responder), ['sha256', 'sha1'])
})

t.test('61. a verified unknown is asked about once more with SHA-1, and is the outcome if nobody knows better', async t => {
  const responder = await responderFor(t, { defaultStatus: 'unknown' })
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { kind: 'unknown' } })
  t.same(hashesOf(responder), ['sha256', 'sha1'])
  const knowing = await responderFor(t)
  t.match(await ask(t, { responders: [responder.url, knowing.url] }), { kind: 'verified', verdict: { kind: 'good' }, responder: knowing.url })
  const broken = await responderFor(t)
  broken.lie('garbage')
  t.match(await ask(t, { responders: [responder.url, broken.url] }), { kind: 'verified', verdict: { kind: 'unknown' }, responder: responder.url })
  responder.lieOnce(undefined, 'reset')
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { kind: 'unknown' } }, 'also if the second question fails')
})

t.test('78. of several URIs, first dead, first ldap, first unauthorized, the second is used', async t => {
  const second = await responderFor(t)
  const dead = await responderFor(t)
  await dead.stop()
  const unauthorized = await responderFor(t)
  unauthorized.lie('unauthorized')
  for (const first of [dead.url, 'ldap://127.0.0.1/', unauthorized.url]) {
    const { certificate } = ca.issue({ ocspUris: [first, second.url] })
    t.match(await ask(t, { certificate, responders: respondersFor(certificate) }), { kind: 'verified', verdict: { kind: 'good' }, responder: second.url }, first)
  }
})

t.test('78. a silent responder leaves the next one its share of the deadline', async t => {
  const [silent, second] = [await responderFor(t), await responderFor(t)]
  silent.hang()
  t.match(await ask(t, { responders: [silent.url, second.url], deadlineMs: 2000 }), { kind: 'verified', responder: second.url })
  t.match(await ask(t, { responders: [silent.url], deadlineMs: 100 }), { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: 'timeout' })
})

t.test('every failure leads to the next URI; revoked ends the search', async t => {
  const [first, second] = [await responderFor(t), await responderFor(t)]
  const lies = ['garbage', 'truncated', 'badSignature', 'wrongSigner', 'wrongSerial', 'expired', 'notYetValid', 'noNextUpdate', 'internalError', 'tryLater', 'sigRequired', 'malformedRequest', 'empty', 'gzip', 'wrongContentType', { status: 404 }] as const
  for (const lie of lies) {
    first.lie(lie)
    t.match(await ask(t, { responders: [first.url, second.url] }), { kind: 'verified', responder: second.url }, JSON.stringify(lie))
  }
  first.lie(undefined)
  first.revoke(leaf)
  const before = second.count
  t.match(await ask(t, { responders: [first.url, second.url] }), { kind: 'verified', verdict: { kind: 'revoked' }, responder: first.url })
  t.equal(second.count, before)
})

t.test('if nobody gives an answer that counts, the outcome is the last failure', async t => {
  const [first, second] = [await responderFor(t), await responderFor(t)]
  first.lie('badSignature')
  second.lie({ status: 503, headers: { 'retry-after': '7' } })
  t.match(await ask(t, { responders: [first.url, second.url] }), { kind: 'indeterminate', code: 'OCSP_ERR_HTTP_STATUS', detail: 'bad http status code: 503', retryAfterMs: 7000, responder: second.url })
  t.match(await ask(t, { responders: [first.url] }), { kind: 'indeterminate', code: 'OCSP_ERR_SIGNATURE_INVALID' })
  first.lie('wrongSigner')
  t.match(await ask(t, { responders: [first.url] }), { kind: 'indeterminate', code: 'OCSP_ERR_SIGNER_NOT_AUTHORIZED', reason: 'eku' })
})

t.test('an expired answer is asked for once more, past the caches', async t => {
  const responder = await responderFor(t)
  responder.lieOnce('expired')
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { kind: 'good' } })
  t.same(responder.requests.map(({ headers }) => headers['cache-control']), [undefined, 'no-cache'])
  responder.lie('expired')
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'indeterminate', code: 'OCSP_ERR_EXPIRED' })
  t.equal(responder.count, 4, 'once, and not with another hash')
})

t.test('41. an answer just past its end decides if there is no fresher one', async t => {
  const responder = await responderFor(t, { windowMs: 30_000 })
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { kind: 'good', withinTolerance: true } })
  t.equal(responder.count, 2)
  responder.lieOnce(undefined, 'garbage')
  t.match(await ask(t, { responders: [responder.url] }), { kind: 'verified', verdict: { withinTolerance: true } })
  t.match(await ask(t, { responders: [responder.url], skipVerify: true }), { kind: 'unverified' })
})

t.test('a nonce is fresh for each attempt, POSTed, and checked', async t => {
  const responder = await responderFor(t, { onlyHash: 'sha1' })
  const sizes: number[] = []
  const random = (size: number): Buffer => { sizes.push(size); return randomBytes(size) }
  const policy = { ...clientCheckPolicy, nonce: 'required' } as const
  t.match(await ask(t, { responders: [responder.url], policy, random }), { kind: 'verified' })
  t.same(sizes, [32, 32])
  const [a, b] = responder.requests.map(({ read }) => read?.nonce?.toString('hex'))
  t.ok(a !== undefined && b !== undefined && a !== b)
  t.same(responder.requests.map(({ method }) => method), ['POST', 'POST'])
  responder.lie('wrongNonce')
  t.match(await ask(t, { responders: [responder.url], policy, pinnedHash: 'sha1' }), { kind: 'indeterminate', code: 'OCSP_ERR_NONCE_MISMATCH' })
  responder.lie('noNonce')
  t.match(await ask(t, { responders: [responder.url], policy, pinnedHash: 'sha1' }), { kind: 'indeterminate', code: 'OCSP_ERR_NONCE_MISSING' })
  t.match(await ask(t, { responders: [responder.url], policy: { ...policy, nonce: 'optional' }, pinnedHash: 'sha1' }), { kind: 'verified' })
})

t.test('with skipVerify an answer is taken as it came, if it is about this certificate and in time', async t => {
  const responder = await responderFor(t)
  const facts = async (): Promise<AskOutcome> => await ask(t, { responders: [responder.url], skipVerify: true })
  for (const lie of ['wrongSigner', 'badSignature'] as const) {
    responder.lie(lie)
    t.match(await facts(), { kind: 'unverified', facts: { kind: 'unverified', status: 'good' }, der: Buffer, responder: responder.url })
  }
  responder.lie(undefined)
  responder.revoke(leaf)
  t.match(await facts(), { kind: 'unverified', facts: { status: 'revoked' } })
  for (const [lie, code] of [['garbage', 'MALFORMED'], ['wrongSerial', 'CERT_ID_NOT_FOUND'], ['expired', 'EXPIRED'], ['tryLater', 'STATUS_TRY_LATER']] as const) {
    responder.lie(lie)
    t.match(await facts(), { kind: 'indeterminate', code: `OCSP_ERR_${code}`, responder: responder.url })
  }
})

t.test('some certificates are not asked about', async t => {
  const responders = ['http://127.0.0.1:1/']
  t.match(await ask(t, { certificate: ca.certificate, responders }), { kind: 'notApplicable', reason: 'trustAnchor' })
  t.match(await ask(t, { certificate: ca.issue({ noRevAvail: true }).certificate, responders }), { kind: 'notApplicable', reason: 'noRevAvail' })
  t.match(await ask(t, { certificate: ca.issueDelegate().certificate, responders }), { kind: 'notApplicable', reason: 'nocheck' })
  t.match(await ask(t, { certificate: leaf.certificate }), { kind: 'notApplicable', reason: 'noResponder' })
})

t.test('some certificates are wrong in themselves', async t => {
  const responders = ['http://127.0.0.1:1/']
  for (const source of [{ ocspUris: responders }, { crlUris: responders }]) {
    t.match(await ask(t, { certificate: ca.issue({ noRevAvail: true, ...source }).certificate, responders }), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED' })
  }
  const expired = ca.issue({ notBeforeMs: Date.now() - 2 * hourMs, notAfterMs: Date.now() - hourMs })
  t.match(await ask(t, { certificate: expired.certificate, responders }), { kind: 'indeterminate', code: 'OCSP_ERR_EXPIRED' })
  t.match(await ask(t, { issuer: createAuthority({ name: 'Asking CA' }).certificate, responders }), { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND' }, 'a namesake is no issuer')
})

t.test('the guard is handed on', async t => {
  const responder = await responderFor(t)
  t.match(await ask(t, { responders: [responder.url], guarded: true }), { kind: 'indeterminate', code: 'OCSP_ERR_URL_REFUSED' })
  t.match(await ask(t, { responders: [responder.url], guarded: { allowList: [responder.url.slice(7)] } }), { kind: 'verified' })
  t.equal(responder.count, 1)
})

t.test('who gives up gets no answer, and nothing more is asked', async t => {
  const [first, second] = [await responderFor(t), await responderFor(t)]
  first.hang()
  const giveUp = new AbortController()
  const asked = ask(t, { responders: [first.url, second.url], signal: giveUp.signal })
  giveUp.abort()
  t.match(await asked, { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: 'aborted' })
  t.equal(second.count, 0)
})

t.test('time that is up before it begins is a timeout', async t => {
  const responder = await responderFor(t)
  t.match(await ask(t, { responders: [responder.url], deadlineMs: 0 }), { kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT' })
  t.equal(responder.count, 0)
})

t.test('an override takes the place of what the certificate says', t => {
  const { certificate } = ca.issue({ ocspUris: ['ldap://a.test/', 'http://a.test/', 'HTTPS://b.test', 'http://a.test/', 'http://c.test', 'http://d.test', 'http://e.test', 'http://', 'ftp://f.test'] })
  t.same(respondersFor(certificate), ['http://a.test/', 'HTTPS://b.test', 'http://c.test', 'http://d.test'], 'four at most')
  t.same(respondersFor(certificate, { issuerOverride: 'http://i.test' }), ['http://i.test'])
  t.same(respondersFor(certificate, { override: 'http://o.test', issuerOverride: 'http://i.test' }), ['http://o.test'])
  t.same(respondersFor(certificate, { override: '', issuerOverride: '' }).length, 4, 'an empty one is none')
  t.same(respondersFor(leaf.certificate), [])
  t.end()
})
