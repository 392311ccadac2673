import t from 'tap'
import { clientCheckPolicy, readUnverified, staplePolicy, verifyResponse } from '@clinch/ocsp-core'
import { buildResponse, responderIdOf } from '../support/ocsp-response.ts'
import { sequence, utf8 } from '../support/der.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { createWorld, dayMs, hourMs, minuteMs, nowMs, shortly } from './world.ts'

const world = createWorld()
const { ca, leaf, delegate, entry, outcome, verify, response } = world
const signedBy = (signer: Issued, judging = {}): string => outcome({ signer, certs: [signer.certDer] }, judging)

t.test('13. a self-made key, its certificate embedded and the names of the issuer on it, is refused', t => {
  const impostor = createAuthority({ name: 'World CA' })
  t.equal(signedBy(impostor), 'SIGNER_NOT_AUTHORIZED issuer')
  t.equal(signedBy(impostor.issueDelegate()), 'SIGNER_NOT_AUTHORIZED issuer')
  t.equal(outcome({ signer: impostor, certs: [] }), 'SIGNATURE_INVALID')
  t.end()
})

t.test('14. a delegate without OCSPSigning is refused', t => {
  t.equal(signedBy(ca.issueDelegate({ extendedKeyUsages: [] })), 'SIGNER_NOT_AUTHORIZED eku')
  t.equal(signedBy(ca.issueDelegate({ extendedKeyUsages: ['emailProtection'] })), 'SIGNER_NOT_AUTHORIZED eku')
  t.end()
})

t.test('15. anyExtendedKeyUsage does not stand in for OCSPSigning', t => {
  t.equal(signedBy(ca.issueDelegate({ extendedKeyUsages: ['any'] })), 'SIGNER_NOT_AUTHORIZED eku')
  t.equal(signedBy(ca.issueDelegate({ extendedKeyUsages: ['any', 'ocspSigning'] })), 'good')
  t.end()
})

t.test('16. a delegate that has expired or is not yet valid is refused', t => {
  t.equal(signedBy(ca.issueDelegate({ notBeforeMs: nowMs - dayMs, notAfterMs: nowMs - hourMs })), 'SIGNER_NOT_AUTHORIZED validity')
  t.equal(signedBy(ca.issueDelegate({ notBeforeMs: nowMs + hourMs })), 'SIGNER_NOT_AUTHORIZED validity')
  t.equal(signedBy(ca.issueDelegate({ notBeforeMs: nowMs + minuteMs })), 'good', 'within the skew')
  t.end()
})

t.test('17. a delegate issued by another CA that the gateway also trusts is refused', t => {
  t.equal(signedBy(createAuthority({ name: 'Other CA' }).issueDelegate()), 'SIGNER_NOT_AUTHORIZED issuer')
  t.end()
})

t.test('18. a delegate issued by the root above the issuer is refused: it is not direct', t => {
  const root = createAuthority({ name: 'Root' })
  const below = createWorld(createAuthority({ name: 'Intermediate', parent: root }))
  const rootDelegate = root.issueDelegate()
  t.equal(below.outcome({ signer: rootDelegate, certs: [rootDelegate.certDer] }), 'SIGNER_NOT_AUTHORIZED issuer')
  t.equal(below.outcome({ signer: root, certs: [root.certDer] }), 'SIGNER_NOT_AUTHORIZED issuer', 'and so is the root itself')
  t.equal(below.outcome(), 'good')
  t.end()
})

t.test('19. a delegate issued by a namesake of the issuer with another key is refused', t => {
  t.equal(signedBy(createAuthority({ name: 'World CA' }).issueDelegate()), 'SIGNER_NOT_AUTHORIZED issuer')
  t.end()
})

t.test('20. the certificate in question does not sign its own status', t => {
  t.equal(signedBy(leaf), 'SIGNER_NOT_AUTHORIZED eku')
  const bold = ca.issueDelegate()
  t.equal(signedBy(bold, { certificate: bold.certificate }), 'SIGNER_NOT_AUTHORIZED issuer', 'not even if it may sign for others')
  t.end()
})

t.test('21. a server certificate of the same CA does not sign', t => {
  t.equal(signedBy(ca.issue({ extendedKeyUsages: ['serverAuth'] })), 'SIGNER_NOT_AUTHORIZED eku')
  t.end()
})

t.test('22. a delegate that is a CA is refused', t => {
  t.equal(signedBy(ca.issueDelegate({ isCa: true })), 'SIGNER_NOT_AUTHORIZED ca')
  t.end()
})

t.test('23. a delegate with keyUsage keyEncipherment only is refused', t => {
  t.equal(signedBy(ca.issueDelegate({ keyUsage: ['keyEncipherment'] })), 'SIGNER_NOT_AUTHORIZED keyUsage')
  t.equal(signedBy(ca.issueDelegate({ keyUsage: ['nonRepudiation'] })), 'good')
  t.equal(signedBy(ca.issueDelegate({ keyUsage: undefined })), 'good', 'absent allows everything')
  t.end()
})

t.test('24. a delegate with an unknown critical extension is CRITICAL_EXTENSION', t => {
  t.equal(signedBy(ca.issueDelegate({ unknownCritical: true })), 'CRITICAL_EXTENSION')
  t.end()
})

t.test('a delegate with a weak key is refused', t => {
  t.equal(signedBy(ca.issueDelegate({ key: 'rsa1024' })), 'SIGNER_NOT_AUTHORIZED weakKey')
  t.equal(signedBy(ca.issueDelegate({ key: 'p224' })), 'SIGNER_NOT_AUTHORIZED weakKey')
  t.equal(signedBy(ca.issueDelegate({ signing: { hash: 'sha1' } })), 'SIGNER_NOT_AUTHORIZED weakKey', 'and so is one whose own certificate is signed with SHA-1')
  t.end()
})

t.test('25. the delegate may be second in certs, behind junk', t => {
  const junk = sequence(utf8('not a certificate'))
  t.equal(outcome({ certs: [junk, delegate.certDer] }), 'good')
  t.equal(outcome({ certs: [createAuthority().certDer, leaf.certDer, delegate.certDer] }), 'good')
  t.end()
})

t.test('25. a bad delegate beside a good one does not spoil the response', t => {
  const expired = ca.issueDelegate({ key: delegate.privateKey, notBeforeMs: nowMs - dayMs, notAfterMs: nowMs - hourMs })
  t.equal(outcome({ certs: [expired.certDer, delegate.certDer] }), 'good')
  t.equal(outcome({ certs: [expired.certDer] }), 'SIGNER_NOT_AUTHORIZED validity')
  t.end()
})

t.test('26. the issuer signs directly and embeds unrelated certificates or itself', t => {
  t.match(verify(response({ signer: ca, certs: undefined })), { kind: 'good', signer: { kind: 'issuer', subject: 'CN=World CA' } })
  t.equal(outcome({ signer: ca, certs: [ca.certDer] }), 'good')
  t.equal(outcome({ signer: ca, certs: [createAuthority().certDer, leaf.certDer] }), 'good')
  t.equal(outcome({ signer: ca, certs: [] }), 'good')
  t.end()
})

t.test('27. responderID byName and byKey are both accepted', t => {
  for (const responderId of ['byName', 'byKey'] as const) {
    t.match(verify(response({ responderId })), { kind: 'good', signer: { kind: 'delegate', subject: 'CN=Test OCSP delegate' } })
    t.equal(outcome({ responderId, signer: ca, certs: [] }), 'good')
  }
  t.end()
})

t.test('28. a responderID that names nobody is SIGNER_NOT_FOUND', t => {
  const stranger = createAuthority({ name: 'Stranger' })
  for (const kind of ['byName', 'byKey'] as const) t.equal(outcome({ responderId: responderIdOf(stranger.certificate, kind) }), 'SIGNER_NOT_FOUND')
  t.equal(outcome({ certs: undefined }), 'SIGNER_NOT_FOUND', 'nor does a delegate that is not embedded')
  t.end()
})

t.test('29. the responderID of the issuer over a signature of the delegate is SIGNATURE_INVALID', t => {
  t.equal(outcome({ responderId: responderIdOf(ca.certificate, 'byName') }), 'SIGNATURE_INVALID')
  t.equal(outcome({ responderId: responderIdOf(ca.certificate, 'byKey') }), 'SIGNATURE_INVALID')
  t.end()
})

t.test('30. 9 or more embedded certificates are MALFORMED', t => {
  const certs = (count: number): Buffer[] => [...new Array<Buffer>(count - 1).fill(leaf.certDer), delegate.certDer]
  t.equal(outcome({ certs: certs(8) }), 'good')
  t.equal(outcome({ certs: certs(9) }), 'MALFORMED')
  t.end()
})

t.test('31. a delegate without nocheck and CRL point is accepted, capped at 24 h and warned about; strict refuses it', t => {
  const unchecked = ca.issueDelegate({ ocspNoCheck: false })
  const der = response({ signer: unchecked, certs: [unchecked.certDer], entries: [entry({ nextUpdate: nowMs + 5 * dayMs })] })
  t.match(verify(der), { kind: 'good', usableEndMs: nowMs + dayMs, nextUpdateMs: nowMs + 5 * dayMs, warnings: [/Test OCSP delegate/] })
  t.equal(shortly(verify(der, { policy: { delegateRevocation: 'strict' } })), 'SIGNER_NOT_AUTHORIZED nocheck')
  t.match(verify(der, { policy: { delegateRevocation: 'strict', delegateStatus: () => 'good' } }), { kind: 'good', usableEndMs: nowMs + 5 * dayMs, warnings: [] }, 'a CRL that speaks for it ends the doubt')
  t.end()
})

t.test('32. a delegate without nocheck that is revoked on the CRL is refused', t => {
  const unchecked = ca.issueDelegate({ ocspNoCheck: false, crlUris: ['http://crl.test/ca.crl'] })
  const asked: string[] = []
  const delegateStatus = ({ fingerprint }: { fingerprint: string }): 'revoked' => { asked.push(fingerprint); return 'revoked' }
  t.equal(signedBy(unchecked, { policy: { delegateStatus } }), 'SIGNER_NOT_AUTHORIZED revoked')
  t.same(asked, [unchecked.certificate.fingerprint])
  t.equal(signedBy(delegate, { policy: { delegateStatus } }), 'good', 'with nocheck the CRL is not asked')
  t.end()
})

t.test('33. a configured responder without EKU and of another CA is accepted for its issuer and refused for others', t => {
  const elsewhere = createAuthority({ name: 'Elsewhere' }).issue({ subject: 'configured' })
  const trusting = { policy: { trustedResponders: [elsewhere.certificate] } }
  t.equal(signedBy(elsewhere), 'SIGNER_NOT_AUTHORIZED issuer')
  t.match(verify(response({ signer: elsewhere, certs: undefined }), trusting), { kind: 'good', signer: { kind: 'configured', subject: 'CN=configured' } })
  const otherWorld = createWorld()
  t.equal(otherWorld.outcome({ signer: elsewhere, certs: [elsewhere.certDer] }), 'SIGNER_NOT_AUTHORIZED issuer', 'listed for one issuer is not listed for another')
  t.end()
})

t.test('33. a configured responder must be in its validity, and its end cuts the usable end', t => {
  const elsewhere = createAuthority({ name: 'Elsewhere' })
  const old = elsewhere.issue({ subject: 'configured', notBeforeMs: nowMs - dayMs, notAfterMs: nowMs - hourMs })
  const short = elsewhere.issue({ subject: 'configured', notAfterMs: nowMs + minuteMs })
  t.equal(signedBy(old, { policy: { trustedResponders: [old.certificate] } }), 'SIGNER_NOT_AUTHORIZED validity')
  t.match(verify(response({ signer: short }), { policy: { trustedResponders: [short.certificate] } }), { kind: 'good', usableEndMs: nowMs + minuteMs })
  t.end()
})

t.test('an exception on the way never yields good', t => {
  const unchecked = ca.issueDelegate({ ocspNoCheck: false })
  const throwing = { delegateStatus: () => { throw new Error('CRL store is broken') } }
  t.match(verify(response({ signer: unchecked, certs: [unchecked.certDer] }), { policy: throwing }), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED', detail: /CRL store is broken/ })
  const broken = new Proxy(leaf.certificate, { get: () => { throw 'not even an error' } }) // eslint-disable-line no-throw-literal -- anything can be thrown
  t.match(verify(response(), { certificate: broken }), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED' })
  t.match(readUnverified({ der: response(), certificate: broken, issuer: ca.certificate, nowMs, skewMs: 0 }), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED' })
  t.match(verify({ length: 1 } as Uint8Array), { kind: 'indeterminate', code: 'OCSP_ERR_MALFORMED' }, 'nor do octets that are none')
  t.end()
})

t.test('a responder whose key nobody can read does not sign', t => {
  const odd = ca.issueDelegate()
  const unreadable = new Proxy(odd.certificate, { get: (target, name) => { if (name === 'publicKey') throw new Error('unreadable'); return Reflect.get(target, name, target) as unknown } })
  t.equal(outcome({ signer: odd, certs: undefined }, { policy: { trustedResponders: [unreadable] } }), 'SIGNATURE_INVALID')
  t.end()
})

t.test('a signer is tried at most four times', t => {
  const namesakes = Array.from({ length: 7 }, () => ca.issueDelegate().certDer)
  t.equal(outcome({ certs: [...namesakes.slice(0, 3), delegate.certDer] }), 'good')
  t.equal(outcome({ certs: [...namesakes.slice(0, 4), delegate.certDer] }), 'SIGNATURE_INVALID')
  t.end()
})

t.test('the policies differ in skew and window', t => {
  const der = buildResponse({ entries: [entry({ thisUpdate: nowMs + 2 * minuteMs })], signer: ca, producedAt: nowMs })
  const judged = (policy: typeof staplePolicy): string => shortly(verifyResponse({ der, certificate: leaf.certificate, issuer: ca.certificate, nowMs, policy }))
  t.equal(judged(staplePolicy), 'good')
  t.equal(judged(clientCheckPolicy), 'NOT_YET_VALID')
  t.end()
})
