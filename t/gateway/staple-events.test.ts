import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { LogLine } from '../support/log-recorder.ts'
import type { Lie } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'
import { AgentWorld, hourMs, minuteMs } from './agent-world.ts'

const [info, warn, error] = [30, 40, 50]
const messages = (lines: readonly LogLine[]) => lines.map(({ level, msg }) => [level, msg] as const)

t.test('a staple\'s life is told once for each turn that it takes', async t => {
  const world = await AgentWorld.create(t, { responder: { windowMs: 100 * hourMs } })
  const leaf = world.issue('test.com')
  const told = () => {
    const lines = world.recorder.lines.splice(0)
    for (const line of lines) t.match(line, { sslId: '1', snis: ['1.test'], fingerprint: leaf.certificate.fingerprint }, 'named by id, SNI and fingerprint')
    return messages(lines.filter(({ level }) => level >= info))
  }
  world.put('1', leaf, { cache_ttl: 1_000_000 })
  await world.becomes('1', 'good')

  await t.test('first obtained', async t => {
    t.same(told(), [
      [info, 'not ocsp resp cache found, fetch from ocsp responder'],
      [info, 'fetch ocsp response from remote'],
      [info, 'fetch ocsp resp ok, cache it'],
      [info, 'staple first obtained']
    ])
  })

  await t.test('refreshed', async t => {
    await world.pass(63 * hourMs)
    t.same(told(), [[info, 'staple refreshed']])
  })

  await t.test('not renewed: at half of its window, at a quarter, at a tenth, and when it is lost', async t => {
    await world.responder.stop()
    const failed = 'ocsp response not renewed, the one that is held is sent: ocsp responder query failed: connection refused'
    await world.pass(62.5 * hourMs)
    const lines = world.recorder.lines.filter(({ level }) => level >= warn)
    t.match(lines, [{ code: 'OCSP_ERR_RESPONDER_CONNECT', failures: 1, responder: new URL(world.responder.url).host }, { left: 0.37, failures: 1 }])
    t.same(told(), [[warn, failed], [warn, 'staple not renewed']])
    await world.pass(minuteMs)
    t.same(told(), [], 'nothing new')
    for (const [hours, line] of [[20, 'staple not renewed'], [10, 'staple about to end'], [9, 'staple lost: its window is over and nobody renewed it']] as const) {
      for (let hour = 0; hour < hours; hour++) await world.pass(hourMs)
      t.same(told().filter(([, msg]) => msg.startsWith('staple')), [[warn, line]])
    }
    t.equal(world.view('1')?.state, 'expired')
  })

  await t.test('while it is lost: once an hour', async t => {
    for (let n = 0; n < 12; n++) await world.pass(30 * minuteMs)
    const lines = told()
    t.ok(lines.length >= 4 && lines.length <= 7, `${lines.length} lines in six hours`)
    t.ok(lines.every(([level, msg]) => level === warn && msg === 'no ocsp response send: ocsp responder query failed: connection refused'))
  })

  await t.test('well again', async t => {
    await world.responder.restart()
    await world.pass(hourMs)
    t.same(told(), [[info, 'staple is well again'], [info, 'staple refreshed']])
  })

  await t.test('our own certificate was revoked', async t => {
    world.responder.revoke(leaf)
    await world.pass(63 * hourMs)
    await world.pass(63 * hourMs)
    const lines = world.recorder.lines.filter(({ level }) => level >= warn)
    t.match(lines, [{ level: error, event: 'own certificate revoked', msg: 'no ocsp response send: failed to validate ocsp response: certificate status "revoked" in the OCSP response' }])
    t.equal(lines.length, 1)
    told()
  })
})

t.test('a must-staple certificate without a staple is an error, each time that another is told of as a warning', async t => {
  const world = await AgentWorld.create(t)
  await world.responder.stop()
  world.put('must', world.issue('must.test', { mustStaple: true }))
  world.put('may', world.issue('may.test'))
  for (const id of ['must', 'may']) await world.fails(id)
  t.match(world.logged('no ocsp response send').filter(({ sslId }) => sslId === 'must'), [{ level: error, code: 'OCSP_ERR_RESPONDER_CONNECT' }])
  t.match(world.logged('no ocsp response send').filter(({ sslId }) => sslId === 'may'), [{ level: warn, code: 'OCSP_ERR_RESPONDER_CONNECT' }])
})

// data-plane.md 2.5
const lies: ReadonlyArray<readonly [lie: Lie | 'unknown', line: string]> = [
  ['reset', 'ocsp responder query failed: '],
  [{ status: 404 }, 'ocsp responder returns bad http status code: 404'],
  [{ body: Buffer.alloc(0) }, 'ocsp responder returns empty body'],
  ['garbage', 'failed to validate ocsp response: d2i_OCSP_RESPONSE() failed'],
  ['malformedRequest', 'failed to validate ocsp response: OCSP response not successful (1: malformedrequest)'],
  ['internalError', 'failed to validate ocsp response: OCSP response not successful (2: internalerror)'],
  ['tryLater', 'failed to validate ocsp response: OCSP response not successful (3: trylater)'],
  ['sigRequired', 'failed to validate ocsp response: OCSP response not successful (5: sigrequired)'],
  ['unauthorized', 'failed to validate ocsp response: OCSP response not successful (6: unauthorized)'],
  ['badSignature', 'failed to validate ocsp response: OCSP_basic_verify() failed'],
  ['wrongSigner', 'failed to validate ocsp response: OCSP_basic_verify() failed'],
  ['wrongSerial', 'failed to validate ocsp response: certificate status not found in the OCSP response'],
  ['expired', 'failed to validate ocsp response: OCSP_check_validity() failed'],
  ['notYetValid', 'failed to validate ocsp response: OCSP_check_validity() failed'],
  ['unknown', 'failed to validate ocsp response: certificate status "unknown" in the OCSP response']
]
for (const [lie, line] of lies) {
  t.test(`${JSON.stringify(lie)}: the log says "no ocsp response send: ${line}"`, async t => {
    const world = await AgentWorld.create(t)
    const leaf = world.issue('test.com')
    if (lie === 'unknown') world.responder.set(leaf, 'unknown')
    else world.responder.lie(lie)
    world.put('1', leaf)
    if (lie === 'unknown') await world.becomes('1', 'unknown')
    else await world.fails('1')
    const lines = world.logged('no ocsp response send')
    t.equal(lines.length, 1)
    t.match(lines[0], { level: warn, sslId: '1', responder: new URL(world.responder.url).host })
    t.equal(lines[0]?.msg.slice(0, 'no ocsp response send: '.length + line.length), `no ocsp response send: ${line}`)
  })
}

t.test('what only an operator can mend', async t => {
  const world = await AgentWorld.create(t)

  await t.test('no issuer at hand: an error', async t => {
    const { certPem, ...leaf } = world.issue('test.com')
    world.put('1', { ...leaf, certPem, chainPem: certPem })
    t.match(world.logged('no ocsp response send'), [{ level: error, code: 'OCSP_ERR_ISSUER_NOT_FOUND', msg: 'no ocsp response send: failed to get ocsp url: no issuer certificate in chain' }])
  })

  await t.test('an issuer that is another: the same', async t => {
    const leaf = world.issue('two.test')
    world.put('2', { ...leaf, chainPem: leaf.certPem + createAuthority({ name: 'Another' }).certPem })
    t.match(world.logged('failed to get ocsp url').filter(({ sslId }) => sslId === '2'), [{ level: error, msg: 'no ocsp response send: failed to get ocsp url: issuer certificate not next to leaf' }])
  })

  await t.test('no responder: nothing above debug, unless the certificate demands a staple', async t => {
    world.put('3', world.issue('three.test', { ocspUris: [] }))
    world.put('4', world.issue('four.test', { ocspUris: [], mustStaple: true }))
    t.match(world.logged('cert not contains authority_information_access extension').map(({ level, sslId }) => [sslId, level]), [['3', 20], ['4', error]])
    t.equal(world.view('3')?.state, 'not_applicable')
  })

  await t.test('a file that is not there, and one that has ended', async t => {
    world.put('5', world.issue('five.test'), { ssl_stapling_file: 'missing.der' })
    await world.fails('5')
    t.match(world.logged('ssl_stapling_file cannot be read: ENOENT'), [{ level: warn, msg: 'no ocsp response send: ssl_stapling_file cannot be read: ENOENT' }])
  })
})

t.test('a staple that an operator puts on disk and does not renew is lost, and the log says so', async t => {
  const folder = t.testdir()
  const world = await AgentWorld.create(t, { folder })
  const leaf = world.issue('test.com')
  world.put('asked', leaf)
  await world.becomes('asked', 'good')
  const hold = world.told.find(message => message.kind === 'hold')
  await writeFile(join(folder, 'staple.der'), hold?.kind === 'hold' ? hold.der : '')
  world.put('1', leaf, { ssl_stapling_file: 'staple.der' })
  await world.becomes('1', 'good')
  await world.pass(24 * hourMs)
  t.equal(world.view('1')?.state, 'expired')
  t.match(world.logged('staple lost').filter(({ sslId }) => sslId === '1'), [{ level: warn, code: 'OCSP_ERR_EXPIRED' }])
})
