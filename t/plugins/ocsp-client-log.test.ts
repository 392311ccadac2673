import t from 'tap'
import type { ClientVerdict } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { recordLog } from '../support/log-recorder.ts'
import { admitWith, good, indeterminate, leaf, middle, mutualTls, notApplicable, nowMs, revoked, unknown, verified } from './mutual-tls.ts'

const lines: ReadonlyArray<readonly [verdict: ClientVerdict, level: number, message: string]> = [
  [good, 20, 'validate client cert ocsp response ok'],
  [notApplicable('noRevAvail'), 20, 'no client cert ocsp verify required'],
  [revoked, 40, 'failed to validate ocsp response: certificate status "revoked" in the OCSP response'],
  [unknown, 20, 'failed to validate ocsp response: certificate status "unknown" in the OCSP response'],
  [notApplicable('noResponder'), 20, 'failed to get ocsp responder: cert not contains authority_information_access extension'],
  [indeterminate('ISSUER_NOT_FOUND'), 50, 'failed to get ocsp responder: issuer certificate not next to leaf'],
  [indeterminate('RESPONDER_CONNECT'), 20, 'failed to get ocsp respone: ocsp responder query failed: connection refused'],
  [indeterminate('BODY_INCOMPLETE'), 20, 'failed to get ocsp respone: ocsp responder returns 200 and empty response body'],
  [indeterminate('STATUS_TRY_LATER'), 20, 'failed to validate ocsp response: OCSP response not successful (3: trylater)'],
  [indeterminate('SIGNER_NOT_AUTHORIZED'), 20, 'failed to validate ocsp response: OCSP_basic_verify() failed'],
  [indeterminate('CERT_ID_NOT_FOUND'), 20, 'failed to validate ocsp response: certificate status not found in the OCSP response'],
  [{ ...good, source: 'cache', usableEndMs: 0 }, 20, 'failed to validate ocsp response: OCSP_check_validity() failed'],
  [indeterminate('toString'), 20, 'failed to get ocsp respone']
]
for (const [verdict, level, message] of lines) {
  t.test(`the log says: ${message}`, async t => {
    const recorder = recordLog('debug')
    await (await admitWith({}, verdict, { recorder }))()
    t.equal(recorder.lines.length, 1)
    t.match(recorder.lines[0], { level, msg: message, sslId: 'ssl1', sni: 'a.test', route: 'r1', peer: /./, fingerprint: leaf.certificate.fingerprint, responder: 'ocsp.ca.test:8888', reqId: /./ })
    t.notMatch(JSON.stringify(recorder.lines), /CN of a person|secret/)
  })
}

t.test('what is fine writes no line for each request, unless debugging is on', async t => {
  const recorder = recordLog('info')
  const admit = await admitWith({}, good, { recorder })
  for (let n = 0; n < 3; n++) await admit()
  await admit(mutualTls({ ssl: { ocsp_stapling: undefined } }))
  t.same(recorder.lines, [])
})

t.test('an indeterminate verdict is logged with its code and detail', async t => {
  const recorder = recordLog('debug')
  await (await admitWith({}, indeterminate('HTTP_STATUS'), { recorder }))()
  t.match(recorder.lines[0], { code: 'OCSP_ERR_HTTP_STATUS', detail: 'more of it' })
})

t.test('what a source said is logged with the source, when it was asked and when that ends', async t => {
  const recorder = recordLog('debug')
  for (const verdict of [{ ...good, checkedAtMs: nowMs - 1 }, revoked]) await (await admitWith({}, verdict, { recorder }))()
  t.match(recorder.lines, [{ source: 'ocsp', checkedAtMs: nowMs - 1, usableEndMs: good.usableEndMs }, { source: 'ocsp', usableEndMs: revoked.usableEndMs }])
})

t.test('a responder that is no URL is left out of the log', async t => {
  const recorder = recordLog('debug')
  const certificate = middle.issue({ ocspUris: ['http://[nonsense'] }).certificate
  await (await admitWith({}, good, { recorder }))(mutualTls({ client: { ...verified, certificate } }))
  t.equal(recorder.lines[0]?.['responder'], undefined)
})

t.test('the refusals of a revoked client are there for an audit: the first at once, then one line a second with their number', async t => {
  let clockMs = nowMs
  const recorder = recordLog('info')
  const admit = await admitWith({}, revoked, { recorder, now: () => clockMs })
  for (let n = 0; n < 100; n++) await admit()
  clockMs += 1000
  await admit()
  t.match(recorder.lines, [{ level: 40, audit: true, refusalsBefore: 0 }, { level: 40, audit: true, refusalsBefore: 99 }])
  t.equal(recorder.lines.length, 2)
})

t.test('an issuer that is missing is told of once an hour for each client', async t => {
  let clockMs = nowMs
  const recorder = recordLog('info')
  const admit = await admitWith({ mode: 'soft' }, indeterminate('ISSUER_NOT_FOUND'), { recorder, now: () => clockMs })
  for (let n = 0; n < 3; n++) await admit()
  t.equal(recorder.messages(50).length, 1)
  clockMs += 3_600_000
  await admit()
  t.equal(recorder.messages(50).length, 2)
})

t.test('verdicts and refusals are counted, also across reloads', async t => {
  const metrics = new Registry()
  for (const verdict of [good, revoked, indeterminate('OVERLOADED'), indeterminate('OVERLOADED')]) await (await admitWith({}, verdict, { metrics }))()
  const text = await metrics.metrics()
  t.match(text, 'x_ocsp_client_verdict_total{route="r1",kind="good",source="ocsp"} 1')
  t.match(text, 'x_ocsp_client_verdict_total{route="r1",kind="indeterminate",source=""} 2')
  t.match(text, 'x_ocsp_client_refused_total{route="r1",reason="revoked"} 1')
  t.match(text, 'x_ocsp_client_refused_total{route="r1",reason="OCSP_ERR_OVERLOADED"} 2')
})
