import t, { type Test } from 'tap'
import { RemoteOcsp, type ClientNews, type OcspQuestion } from '@clinch/gateway'
import type { ClientCheck, ClientVerdict } from '@clinch/plugins'
import { createAuthority } from '../support/pki.ts'

const nowMs = Date.UTC(2026, 6, 1)
const hourMs = 3_600_000
const root = createAuthority({ name: 'Root' })
const middle = createAuthority({ name: 'Middle', parent: root })
const leaf = middle.issue()

const good = { kind: 'good', source: 'ocsp', thisUpdateMs: nowMs - hourMs, usableEndMs: nowMs + hourMs } as const
const revoked = { ...good, kind: 'revoked', thisUpdateMs: nowMs } as const
const checkOf = (change: Partial<ClientCheck> = {}): ClientCheck => ({
  certificate: leaf.certificate, issuers: [root.certificate, middle.certificate], responder: undefined, maxAgeMs: hourMs, deadlineMs: 2000, sslId: 'ssl1', peerAddress: '192.0.2.1', ...change
})
const newsOf = (verdict: ClientVerdict, responder?: string): ClientNews => ({ kind: 'verdict', fingerprint: leaf.certificate.fingerprint, responder, maxAgeMs: hourMs, verdict, untilMs: nowMs + hourMs })

// A worker's half, and what it says to the primary.
function createWorker () {
  const clock = { ms: nowMs }
  const told: OcspQuestion[] = []
  const ocsp = new RemoteOcsp(question => { told.push(question) }, () => clock.ms)
  const answer = (verdict: ClientVerdict, untilMs = nowMs + hourMs): void => {
    const last = told.findLast(question => question.kind === 'clientCheck')
    if (last !== undefined) ocsp.answer(last.check.requestId, { verdict, untilMs })
  }
  const learn = async (verdict: ClientVerdict, check = checkOf(), untilMs = nowMs + hourMs): Promise<ClientVerdict> => {
    const asking = ocsp.checkClient(check)
    answer(verdict, untilMs)
    return await asking
  }
  return { clock, told, ocsp, answer, learn }
}

const known = (t: Test, verdict: ClientVerdict | Promise<ClientVerdict>): ClientVerdict | undefined => {
  t.notOk(verdict instanceof Promise, 'from memory')
  return verdict instanceof Promise ? undefined : verdict
}

t.test('an answer is used without asking until the primary said, and says that it is remembered', async t => {
  const { clock, told, ocsp, learn } = createWorker()
  t.match(await learn(good), { kind: 'good', source: 'ocsp' })
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'good', source: 'cache' })
  clock.ms += hourMs
  t.ok(ocsp.checkClient(checkOf()) instanceof Promise)
  t.equal(told.length, 2)
})

t.test('the primary is told the issuer, so that it need not look for it', async t => {
  const { told, ocsp } = createWorker()
  void ocsp.checkClient(checkOf()) // eslint-disable-line no-void -- never answered
  t.match(told, [{ kind: 'clientCheck', check: { fingerprint: leaf.certificate.fingerprint, issuerDer: middle.certDer, sslId: 'ssl1', peerAddress: '192.0.2.1' } }])
  void ocsp.checkClient(checkOf({ issuers: [root.certificate], maxAgeMs: 1 })) // eslint-disable-line no-void -- never answered
  t.match(told[1], { check: { issuerDer: undefined } })
})

t.test('equal questions are asked once, others for themselves', async t => {
  const { told, ocsp, answer } = createWorker()
  const asking = [ocsp.checkClient(checkOf()), ocsp.checkClient(checkOf())]
  t.equal(told.length, 1)
  answer(good)
  t.match(await Promise.all(asking), [{ kind: 'good' }, { kind: 'good' }])
  t.ok(ocsp.checkClient(checkOf({ responder: 'http://other.test/' })) instanceof Promise)
  t.ok(ocsp.checkClient(checkOf({ maxAgeMs: 60_000 })) instanceof Promise, 'who wants fresher news')
  t.equal(told.length, 3)
})

t.test('a revoked one is known at once, held or not, whichever responder is asked', async t => {
  const { ocsp, learn } = createWorker()
  await learn(good)
  ocsp.take(newsOf(revoked))
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'revoked', source: 'cache' })
  t.match(known(t, ocsp.checkClient(checkOf({ responder: 'http://other.test/', maxAgeMs: 1 }))), { kind: 'revoked' })
  const fresh = createWorker()
  fresh.ocsp.take(newsOf(revoked))
  t.match(known(t, fresh.ocsp.checkClient(checkOf())), { kind: 'revoked' })
})

t.test('an answer that was on its way when a certificate turned revoked changes nothing; a newer good does', async t => {
  const { ocsp, answer } = createWorker()
  const asking = ocsp.checkClient(checkOf())
  ocsp.take(newsOf(revoked))
  answer(good)
  t.match(await asking, { kind: 'revoked' })
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'revoked' })
  ocsp.take(newsOf({ ...good, thisUpdateMs: revoked.thisUpdateMs + 1 }))
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'good' })
})

t.test('of what is not held a worker need not know, but that it is revoked', async t => {
  const { ocsp, learn } = createWorker()
  ocsp.take(newsOf(good))
  t.ok(ocsp.checkClient(checkOf()) instanceof Promise)
  await learn({ kind: 'indeterminate', code: 'OCSP_ERR_RESPONDER_TIMEOUT', detail: '' }, checkOf({ deadlineMs: 1 }))
  ocsp.take(newsOf(good, 'http://other.test/'))
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'indeterminate' })
  ocsp.take(newsOf(good))
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'good' })
  ocsp.take({ kind: 'forgotten', fingerprint: leaf.certificate.fingerprint })
  t.ok(ocsp.checkClient(checkOf()) instanceof Promise)
})

t.test('when the primary has to be asked again about everybody, nobody is known', async t => {
  const { ocsp, learn } = createWorker()
  await learn(good)
  t.match(known(t, ocsp.checkClient(checkOf())), { kind: 'good' })
  ocsp.take({ kind: 'allForgotten' })
  t.ok(ocsp.checkClient(checkOf()) instanceof Promise)
})

t.test('what may not be used without asking is not kept', async t => {
  const { ocsp, learn } = createWorker()
  await learn({ kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND', detail: '' }, checkOf(), 0)
  t.ok(ocsp.checkClient(checkOf()) instanceof Promise)
})

t.test('the primary is told with which certificates clients came', async t => {
  const { told, ocsp, learn } = createWorker()
  await learn(good)
  ocsp.reportSeen()
  t.equal(told.length, 1, 'it knows whom it was asked about')
  for (let n = 0; n < 2; n++) known(t, ocsp.checkClient(checkOf()))
  ocsp.reportSeen()
  ocsp.reportSeen()
  t.match(told.slice(1), [{ kind: 'clientsSeen', clients: [{ fingerprint: leaf.certificate.fingerprint, responder: undefined }] }])
  t.equal(told.length, 2)
})

t.test('an issuer is asked for once, and believed for its signature', async t => {
  const { told, ocsp } = createWorker()
  const answerWith = (issuerDer: Buffer | undefined): void => {
    const last = told.findLast(question => question.kind === 'clientIssuerWanted')
    if (last !== undefined) ocsp.answerIssuer(last.requestId, issuerDer)
  }
  const asking = [undefined, root.certDer, middle.certDer].map(async der => {
    const found = ocsp.findIssuer(leaf.certificate)
    answerWith(der)
    return (await found)?.fingerprint
  })
  t.same(await Promise.all(asking), [undefined, undefined, middle.certificate.fingerprint])
  t.notOk(ocsp.findIssuer(leaf.certificate) instanceof Promise)
  t.equal(told.length, 3)
  ocsp.rememberIssuers([middle.certificate])
  ocsp.rememberIssuers([middle.certificate, root.certificate])
  ocsp.rememberIssuers([])
  t.match(told.slice(3), [{ kind: 'clientIssuers', issuersDer: [middle.certDer] }, { kind: 'clientIssuers', issuersDer: [root.certDer] }], 'the primary is told of each once')
  t.equal(told.length, 5)
  ocsp.answer(99, { verdict: good, untilMs: 0 })
  ocsp.answerIssuer(99, undefined)
})
