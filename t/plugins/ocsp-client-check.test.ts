import t from 'tap'
import type { ClientCheck, ClientVerdict } from '@clinch/plugins'
import { recordLog } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'
import { fakeRequest } from '../support/request-context.ts'
import { admitWith, dayMs, good, indeterminate, issuers, leaf, middle, mutualTls, notApplicable, nowMs, revoked, root, settings, unknown, verified } from './mutual-tls.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

// The table of ocsp.md 10.3, row by row: what happens in soft, grace and hard.
const distinct = { rejected_code: 403, unavailable_code: 503 }
const lastGood = { usableEndMs: nowMs - dayMs + 1 }
const longAgo = { usableEndMs: nowMs - dayMs }
const afterGood = (name: string, good = lastGood): ClientVerdict => ({ ...indeterminate(name), lastGood: good } as ClientVerdict)
const table: ReadonlyArray<readonly [row: string, verdict: ClientVerdict, soft: unknown, grace: unknown, hard: unknown]> = [
  ['1 good, current', good, 'pass', 'pass', 'pass'],
  ['1 good, from memory', { ...good, source: 'cache' }, 'pass', 'pass', 'pass'],
  ['1 good, accepted inside the skew, decides its own check', { ...good, usableEndMs: nowMs - 1 }, 'pass', 'pass', 'pass'],
  ['2 revoked, current', revoked, 403, 403, 403],
  ['3 revoked, past nextUpdate, sources away', { ...revoked, source: 'cache', usableEndMs: 0 }, 403, 403, 403],
  ['4 good with later thisUpdate after a hold', { ...good, thisUpdateMs: nowMs }, 'pass', 'pass', 'pass'],
  ['5 unknown', unknown, 'pass', 403, 403],
  ['6 timeout', indeterminate('RESPONDER_TIMEOUT'), 'pass', 503, 503],
  ['6 timeout, good within the grace', afterGood('RESPONDER_TIMEOUT'), 'pass', 'pass', 503],
  ['6 timeout, good before the grace', afterGood('RESPONDER_TIMEOUT', longAgo), 'pass', 503, 503],
  ...['RESPONDER_CONNECT', 'RESPONDER_DNS', 'RESPONDER_TLS', 'HTTP_STATUS', 'CONTENT_TYPE', 'CONTENT_ENCODING', 'BODY_INCOMPLETE', 'RESPONDER_SUSPENDED'].map(name =>
    [`6 ${name}, good within the grace`, afterGood(name), 'pass', 'pass', 503] as const),
  ['6 good from memory that has ended', { ...good, source: 'cache', usableEndMs: nowMs }, 'pass', 'pass', 503],
  ['6 good from memory that ended before the grace', { ...good, source: 'cache', usableEndMs: nowMs - dayMs }, 'pass', 503, 503],
  ['7 unsigned answer', indeterminate('STATUS_TRY_LATER'), 'pass', 503, 503],
  ...['MALFORMED_REQUEST', 'INTERNAL_ERROR', 'TRY_LATER', 'SIG_REQUIRED', 'UNAUTHORIZED'].map(name =>
    [`7 unsigned answer ${name}, good within the grace`, afterGood(`STATUS_${name}`), 'pass', 'pass', 503] as const),
  ...['MALFORMED', 'SIGNATURE_INVALID', 'SIGNATURE_ALGORITHM', 'SIGNER_NOT_FOUND', 'SIGNER_NOT_AUTHORIZED', 'CERT_ID_NOT_FOUND', 'CRITICAL_EXTENSION', 'NONCE_MISMATCH', 'NONCE_MISSING', 'TOO_LARGE', 'NEXT_UPDATE_MISSING', 'TIME_ORDER'].map(name =>
    [`8 ${name}, good within the grace: which is for outages, not for forgeries`, afterGood(name), 'pass', 503, 503] as const),
  ['9 expired', indeterminate('EXPIRED'), 'pass', 503, 503],
  ['9 expired, good within the grace', afterGood('EXPIRED'), 'pass', 'pass', 503],
  ['9 not yet valid, good within the grace', afterGood('NOT_YET_VALID'), 'pass', 'pass', 503],
  ['10 URL refused by the guard', indeterminate('URL_REFUSED'), 'pass', 503, 503],
  ['10 URL refused by the guard, good within the grace', afterGood('URL_REFUSED'), 'pass', 503, 503],
  ['11 no responder, no CRL', notApplicable('noResponder'), 'pass', 403, 403],
  ['12 noRevAvail', notApplicable('noRevAvail'), 'pass', 'pass', 'pass'],
  ['12 nocheck', notApplicable('nocheck'), 'pass', 'pass', 'pass'],
  ['12 trust anchor', notApplicable('trustAnchor'), 'pass', 'pass', 'pass'],
  ['13 issuer not found although the path verified', indeterminate('ISSUER_NOT_FOUND'), 503, 503, 503],
  ['13 issuer not found, good within the grace', afterGood('ISSUER_NOT_FOUND'), 503, 503, 503],
  ['14 good from memory, current, refresh failing', { ...good, source: 'cache', usableEndMs: nowMs + 1 }, 'pass', 'pass', 'pass'],
  ['15 over limit', indeterminate('OVERLOADED'), 'pass', 503, 503],
  ['15 over limit, good within the grace', afterGood('OVERLOADED'), 'pass', 'pass', 503],
  ['a code that nobody knows, good within the grace', afterGood('NEW'), 'pass', 503, 503]
]
for (const [row, verdict, ...expected] of table) {
  t.test(`row ${row}`, async t => {
    for (const [at, mode] of ['soft', 'grace', 'hard'].entries()) {
      t.equal(await (await admitWith({ mode, ...distinct }, verdict))(), expected[at], mode)
    }
  })
}

t.test('by default a revoked certificate and a missing verdict both get the certificate error page', async t => {
  t.equal(await (await admitWith({}, revoked))(), 495)
  t.equal(await (await admitWith({}, indeterminate('RESPONDER_CONNECT')))(), 495)
  t.equal(await (await admitWith({}, good))(), 'pass')
})

t.test('503 says when to come back, other codes do not', async t => {
  const answer = async (verdict: ClientVerdict) => {
    const { admit } = await runPlugin('ocsp-stapling', distinct, { checkClient: () => verdict })
    return responseOf(await admit?.(mutualTls()))
  }
  t.strictSame(await answer(indeterminate('OVERLOADED')), { status: 503, headers: { 'Retry-After': '30' } })
  t.strictSame(await answer(revoked), { status: 403 })
})

t.test('no_responder says what becomes of certificates without a responder, in every mode', async t => {
  t.equal(await (await admitWith({ mode: 'hard', no_responder: 'allow' }, notApplicable('noResponder')))(), 'pass')
  t.equal(await (await admitWith({ mode: 'soft', no_responder: 'refuse', ...distinct }, notApplicable('noResponder')))(), 403)
})

t.test('nothing is checked where nothing asks for it', async t => {
  const cases: ReadonlyArray<readonly [situation: string, request: ReturnType<typeof fakeRequest>]> = [
    ['plain HTTP', fakeRequest()],
    ['no client.ca', mutualTls({ ssl: { client: undefined } })],
    ['no ocsp_stapling', mutualTls({ ssl: { ocsp_stapling: undefined } })],
    ['ssl_ocsp off', mutualTls({ ssl: { ocsp_stapling: { ...settings, ssl_ocsp: 'off' } } })],
    ['no certificate', mutualTls({ client: undefined })],
    ['a certificate that did not verify', mutualTls({ client: { ...verified, verify: 'FAILED:unable to get local issuer certificate' } })]
  ]
  const admit = await admitWith({}, () => { throw new Error('asked') })
  for (const [situation, request] of cases) t.equal(await admit(request), 'pass', situation)
})

t.test('skipping is said at debug; a route whose ssl has no client.ca is warned about once', async t => {
  const recorder = recordLog('debug')
  const admit = await admitWith({}, good, { recorder })
  await admit(fakeRequest())
  await admit(mutualTls({ ssl: { ocsp_stapling: undefined } }))
  await admit(mutualTls({ ssl: { client: undefined } }))
  await admit(mutualTls({ ssl: { client: undefined } }))
  t.strictSame(recorder.messages(20), ['no client cert ocsp verify required'])
  t.strictSame(recorder.messages(40), ['the route checks client certificates but the ssl has no client.ca'])
  t.match(recorder.lines, [{ sslId: 'ssl1' }, { sslId: 'ssl1' }])
})

t.test('a known verdict takes no promise, one that is fetched does', async t => {
  const known = await runPlugin('ocsp-stapling', {}, { checkClient: () => ({ ...good, source: 'cache', usableEndMs: Infinity }) })
  t.notOk(known.admit?.(mutualTls()) instanceof Promise)
  const fetched = await runPlugin('ocsp-stapling', {}, { checkClient: async () => revoked })
  const result = fetched.admit?.(mutualTls())
  t.ok(result instanceof Promise)
  t.equal(responseOf(await result)?.status, 495)
})

t.test('the service is asked with the settings of route and ssl', async t => {
  const checks: ClientCheck[] = []
  const admit = await admitWith({ timeout: 0.5 }, check => { checks.push(check); return good })
  await admit()
  await admit(mutualTls({ ssl: { ocsp_stapling: { ...settings, ssl_ocsp_responder: 'http://over.test/', cache_ttl: 60 } }, client: { ...verified } }))
  t.strictSame(checks.map(({ responder, maxAgeMs, deadlineMs }) => ({ responder, maxAgeMs, deadlineMs })), [
    { responder: undefined, maxAgeMs: 3_600_000, deadlineMs: 500 },
    { responder: 'http://over.test/', maxAgeMs: 60_000, deadlineMs: 500 }
  ])
  t.match(checks[0], { certificate: leaf.certificate, sslId: 'ssl1', peerAddress: '192.0.2.1' })
  t.equal(checks[0]?.issuers, issuers)
})

t.test('a service that fails or talks nonsense lets nothing pass', async t => {
  for (const mode of ['soft', 'grace', 'hard']) {
    await t.rejects((await admitWith({ mode }, async () => { throw new Error('gone') }))(), { message: 'gone' })
    await t.rejects((await admitWith({ mode }, () => { throw new Error('gone') }))(), { message: 'gone' })
    t.equal(await (await admitWith({ mode }, { kind: 'nonsense' } as unknown as ClientVerdict))(), 495, mode)
  }
})

const chain = { ssl: { ocsp_stapling: { ...settings, ssl_ocsp: 'chain' } } }

t.test('with scope chain every certificate below the trust anchor is asked about', async t => {
  const asked: string[] = []
  const admit = await admitWith({}, check => { asked.push(check.certificate.fingerprint); return good })
  t.equal(await admit(mutualTls(chain)), 'pass')
  t.strictSame(asked, [leaf.certificate.fingerprint, middle.certificate.fingerprint])
})

t.test('with scope chain the strictest verdict decides', async t => {
  const verdicts = (ofLeaf: ClientVerdict, ofMiddle: ClientVerdict) => async (check: ClientCheck) => check.certificate === leaf.certificate ? ofLeaf : ofMiddle
  const hard = async (ofLeaf: ClientVerdict, ofMiddle: ClientVerdict) => await (await admitWith(distinct, verdicts(ofLeaf, ofMiddle)))(mutualTls(chain))
  t.equal(await hard(good, revoked), 403)
  t.equal(await hard(indeterminate('OVERLOADED'), revoked), 403)
  t.equal(await hard(good, indeterminate('OVERLOADED')), 503)
  t.equal(await hard(good, notApplicable('noRevAvail')), 'pass')
  t.equal(await (await admitWith({ mode: 'soft', ...distinct }, verdicts(unknown, indeterminate('ISSUER_NOT_FOUND'))))(mutualTls(chain)), 503)
})

t.test('a namesake of an intermediate that the client sends along does not shorten the chain', async t => {
  const impostor = createAuthority({ name: 'Middle' })
  const asked: string[] = []
  const admit = await admitWith({}, check => { asked.push(check.certificate.fingerprint); return good })
  await admit(mutualTls({ ...chain, client: { ...verified, issuers: [impostor.certificate, ...issuers] } }))
  t.strictSame(asked, [leaf.certificate.fingerprint, middle.certificate.fingerprint])
})

t.test('cross-certificates end', async t => {
  const asked: string[] = []
  const admit = await admitWith({}, check => { asked.push(check.certificate.fingerprint); return good })
  const crossed = createAuthority({ name: 'Root', key: root.privateKey, parent: middle })
  await admit(mutualTls({ ...chain, client: { ...verified, issuers: [crossed.certificate, middle.certificate] } }))
  t.equal(asked.length, 10)
})

t.test('on a resumed session the service is asked for the issuers that the client did not send', async t => {
  const asked: string[] = []
  const wanted: string[] = []
  const resumed = mutualTls({ ...chain, client: { ...verified, issuers: [root.certificate] } })
  const admit = await admitWith({}, check => { asked.push(check.certificate.fingerprint); return good }, {
    findIssuer: async certificate => { wanted.push(certificate.fingerprint); return middle.certificate }
  })
  t.equal(await admit(resumed), 'pass')
  t.equal(await admit(resumed), 'pass')
  t.strictSame(wanted, [leaf.certificate.fingerprint], 'once for a connection')
  t.strictSame(asked, [leaf, middle, leaf, middle].map(({ certificate }) => certificate.fingerprint))
})

t.test('a chain that nobody can complete is refused in every mode, however good its certificate, and looked for anew', async t => {
  const found: { issuer?: typeof middle.certificate } = {}
  const resumed = mutualTls({ ...chain, client: { ...verified, issuers: [root.certificate] } })
  for (const mode of ['soft', 'grace', 'hard']) {
    t.equal(await (await admitWith({ mode, ...distinct }, good, { findIssuer: () => undefined }))(resumed), 503, mode)
  }
  const admit = await admitWith(distinct, good, { findIssuer: () => found.issuer })
  t.equal(await admit(resumed), 503)
  found.issuer = middle.certificate
  t.equal(await admit(resumed), 'pass')
})

t.test('grace lasts as long as was granted', async t => {
  let clockMs = nowMs
  const admit = await admitWith({ mode: 'grace', grace: 60, ...distinct }, { ...indeterminate('RESPONDER_CONNECT'), lastGood: { usableEndMs: nowMs } } as ClientVerdict, { now: () => clockMs })
  clockMs = nowMs + 59_999
  t.equal(await admit(), 'pass')
  clockMs++
  t.equal(await admit(), 503)
})

t.test('the configuration of a route: known members are checked, unknown ones tolerated', async t => {
  const cases: ReadonlyArray<readonly [conf: unknown, complaint: string | undefined]> = [
    [{}, undefined],
    [{ anything: 1 }, undefined],
    [{ mode: 'open' }, 'property "mode" validation failed: matches none of the enum values'],
    [{ grace: -1 }, 'property "grace" validation failed: expected -1 to be at least 0'],
    [{ timeout: 0 }, 'property "timeout" validation failed: expected 0 to be at least 0.1'],
    [{ timeout: 31 }, 'property "timeout" validation failed: expected 31 to be at most 30'],
    [{ rejected_code: 200 }, 'property "rejected_code" validation failed: expected 200 to be at least 400'],
    [{ unavailable_code: 600 }, 'property "unavailable_code" validation failed: expected 600 to be at most 599'],
    [{ no_responder: 'maybe' }, 'property "no_responder" validation failed: matches none of the enum values']
  ]
  for (const [conf, complaint] of cases) t.equal(await complaintAbout('ocsp-stapling', conf), complaint)
})
