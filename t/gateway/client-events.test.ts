import t from 'tap'
import type { Lie } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { ClientWorld, hourMs, minuteMs } from './client-world.ts'

const [info, warn, error] = [30, 40, 50]
const above = ({ recorder }: ClientWorld) => recorder.lines.filter(({ level, msg }) => level >= info && !msg.startsWith('responder '))
const host = ({ responder }: ClientWorld) => new URL(responder.url).host

// ocsp.md 10.3, column Log
t.test('6. an outage: a warning, once for each responder a minute, however many clients come', async t => {
  const world = await ClientWorld.create(t)
  await world.responder.stop()
  for (let n = 0; n < 20; n++) await world.check(world.issue())
  t.match(above(world), [{ level: warn, msg: 'failed to get ocsp respone: ocsp responder query failed: connection refused', responder: host(world), code: 'OCSP_ERR_RESPONDER_CONNECT', sslId: 'ssl1', fingerprint: /^[0-9a-f]{64}$/ }])
  t.equal(above(world).length, 1)
  world.clock.ms += minuteMs
  await world.check(world.issue())
  t.equal(above(world).length, 2)
  t.match(above(world)[1], { level: warn, failuresBefore: 19 })
})

const cases: ReadonlyArray<readonly [row: string, lie: Lie, level: number, code: string, message: string]> = [
  ['7. an unsigned answer', 'tryLater', warn, 'STATUS_TRY_LATER', 'failed to validate ocsp response: OCSP response not successful (3: trylater)'],
  ['8. no response at all', 'garbage', error, 'MALFORMED', 'failed to validate ocsp response: d2i_OCSP_RESPONSE() failed'],
  ['8. a bad signature', 'badSignature', error, 'SIGNATURE_INVALID', 'failed to validate ocsp response: OCSP_basic_verify() failed'],
  ['8. a signer who may not', 'wrongSigner', error, 'SIGNER_NOT_AUTHORIZED', 'failed to validate ocsp response: OCSP_basic_verify() failed'],
  ['8. another certificate', 'wrongSerial', error, 'CERT_ID_NOT_FOUND', 'failed to validate ocsp response: certificate status not found in the OCSP response'],
  ['9. a response that has ended', 'expired', warn, 'EXPIRED', 'failed to validate ocsp response: OCSP_check_validity() failed'],
  ['9. a response from the future', 'notYetValid', warn, 'NOT_YET_VALID', 'failed to validate ocsp response: OCSP_check_validity() failed']
]
for (const [row, lie, level, code, message] of cases) {
  t.test(`${row}: ${level === error ? 'an error' : 'a warning'}, once an hour while it goes on`, async t => {
    const world = await ClientWorld.create(t)
    world.responder.lie(lie)
    const client = world.issue()
    for (let n = 0; n < 4; n++) {
      await world.check(client)
      world.clock.ms += minuteMs
    }
    t.match(above(world), [{ level, msg: message, code: `OCSP_ERR_${code}`, responder: host(world), fingerprint: client.certificate.fingerprint, sslId: 'ssl1' }])
    t.equal(above(world).length, 1)
    world.clock.ms += hourMs
    await world.check(client)
    t.match(above(world)[1], { level, failuresBefore: 3 })
  })
}

t.test('2. and 4. a revocation is a warning when it is found, and its end is told of', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  world.responder.revoke(client, { reason: 6 })
  for (let n = 0; n < 3; n++) await world.check(client)
  t.match(above(world), [{ level: warn, msg: 'client certificate is revoked', fingerprint: client.certificate.fingerprint, source: 'ocsp', responder: host(world) }])
  t.equal(above(world).length, 1)
  world.responder.set(client, 'good')
  world.clock.ms += hourMs
  await world.check(client)
  t.match(above(world)[1], { level: info, msg: 'client certificate is no longer on hold' })
})

t.test('5. a certificate that the responder does not know: a warning', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue('unknown')
  for (let n = 0; n < 3; n++) await world.check(client)
  t.match(above(world), [{ level: warn, msg: 'failed to validate ocsp response: certificate status "unknown" in the OCSP response', fingerprint: client.certificate.fingerprint }])
})

t.test('10. a URL that the guard refuses: a warning with its host, and not with its path', async t => {
  const world = await ClientWorld.create(t)
  await world.check(world.issue('good', { ocspUris: ['http://127.0.0.1:8000/a-path'] }))
  t.match(above(world), [{ level: warn, code: 'OCSP_ERR_URL_REFUSED', responder: '127.0.0.1:8000', msg: 'failed to get ocsp responder: url is not allowed' }])
  t.notMatch(JSON.stringify(above(world)), 'a-path')
})

t.test('11. nobody to ask: information, once for each issuer', async t => {
  const world = await ClientWorld.create(t)
  for (let n = 0; n < 3; n++) await world.check(world.issue('good', { ocspUris: [] }))
  t.match(above(world), [{ level: info, issuer: world.authority.certificate.fingerprint, reason: 'noResponder', msg: 'failed to get ocsp responder: cert not contains authority_information_access extension' }])
  t.equal(above(world).length, 1)
  const other = createAuthority({ name: 'Another CA' })
  await world.check(other.issue({ subject: 'client' }), { issuerDer: other.certDer })
  t.equal(above(world).length, 2)
})

t.test('1. and 14. what is good, and what stays so while refreshing fails, is told at debug', async t => {
  const world = await ClientWorld.create(t)
  const client = world.issue()
  await world.check(client, { maxAgeMs: minuteMs })
  await world.responder.stop()
  world.clock.ms += 2 * minuteMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'good' })
  t.same(above(world), [])
  t.match(world.recorder.lines.map(({ level, msg }) => [level, msg]), [[20, 'client status known'], [20, 'client status not confirmed, what is known stands']])
})
