import t from 'tap'
import { askStatus, clientCheckPolicy, createUrlBudget, findIssuer, respondersFor } from '@clinch/ocsp-core'
import { createAuthority } from '../support/pki.ts'
import { ca, clientFor, leaf, responderFor } from './asking.ts'

t.test('82. an untrusted client certificate with an AIA: nothing fetched', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  const strangers = [createAuthority({ name: 'Stranger CA' }), createAuthority({ name: ca.name })]
  for (const { certificate } of strangers.map(stranger => stranger.issue({ ocspUris: [responder.url] }))) {
    t.equal(findIssuer(certificate, [ca.certificate]), undefined)
    const outcome = await askStatus({ certificate, issuer: ca.certificate, responders: respondersFor(certificate), client, policy: clientCheckPolicy, now: Date.now })
    t.match(outcome, { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND' })
  }
  t.equal(responder.count, 0)
})

t.test('83. thousands of client certificates with distinct AIA hosts are limited', t => {
  const certificates = Array.from({ length: 2000 }, (_, i) => ca.issue({ key: leaf.privateKey, ocspUris: [`http://h${i}.test/`] }).certificate)
  const budget = createUrlBudget()
  const asked = certificates.flatMap(certificate => respondersFor(certificate)).filter(url => budget.allows('one CA', url, 0))
  t.equal(asked.length, 60, 'sixty a minute')
  t.end()
})

t.test('99. an issuer that is missing from the chain of the client and present in the CA set is found', t => {
  const intermediate = createAuthority({ name: 'Intermediate', parent: ca })
  const { certificate } = intermediate.issue()
  t.equal(findIssuer(certificate, []), undefined)
  t.equal(findIssuer(certificate, [ca.certificate, intermediate.certificate]), intermediate.certificate)
  t.end()
})

t.test('100. an issuer that is not found anywhere is ISSUER_NOT_FOUND, never nothing to check', async t => {
  const { certificate } = createAuthority({ name: 'Nobody' }).issue()
  const outcome = await askStatus({ certificate, issuer: ca.certificate, responders: [], client: clientFor(t), policy: clientCheckPolicy, now: Date.now })
  t.match(outcome, { kind: 'indeterminate', code: 'OCSP_ERR_ISSUER_NOT_FOUND' }, 'though it names no responder either')
})

t.test('102. a certificate without AIA is notApplicable and nobody is asked', async t => {
  const outcome = await askStatus({ certificate: leaf.certificate, issuer: ca.certificate, responders: respondersFor(leaf.certificate), client: clientFor(t), policy: clientCheckPolicy, now: Date.now })
  t.match(outcome, { kind: 'notApplicable', reason: 'noResponder' })
})
