import t from 'tap'
import { crlDersOf, type CrlErrorCode, crlErrors, readCrl, type ReadCrlOptions } from '@clinch/ocsp-core'
import { buildCrl, crlPem, type CrlSpec, entryDer } from '../support/crl.ts'
import { boolean, enumerated, explicit, generalizedTime, implicit, integer, nul, octetString, oid, pem, sequence } from '../support/der.ts'
import { createAuthority, nameDer } from '../support/pki.ts'
import { createSeededRandom } from './seeded-random.ts'

const nowMs = Date.now()
const hourMs = 3_600_000
const authority = createAuthority({ name: 'CRL CA' })
const namesake = createAuthority({ name: 'CRL CA' })
const stranger = createAuthority({ name: 'Another CA' })

const read = (der: Buffer, change: Partial<ReadCrlOptions> = {}): ReturnType<typeof readCrl> =>
  readCrl({ der, issuer: authority.certificate, nowMs, policy: { skewMs: 60_000 }, ...change })
const outcomeOf = (reading: ReturnType<typeof readCrl>): string => reading.kind === 'crl' ? 'crl' : reading.code

t.test('a CRL is read with its times, number and entries', async t => {
  const [thisUpdateMs, nextUpdateMs] = [Date.UTC(2026, 0, 1), Date.UTC(2051, 0, 1)]
  const reading = read(buildCrl(authority, {
    thisUpdateMs, nextUpdateMs, number: 4711, entries: [{ serial: '0a', revokedAtMs: Date.UTC(2025, 5, 1), reason: 1 }, { serial: '05', revokedAtMs: Date.UTC(2055, 5, 1) }, { serial: '0b', reason: 99 }]
  }))
  if (reading.kind !== 'crl') throw new Error(reading.code)
  const { crl } = reading
  t.match(crl, { thisUpdateMs, nextUpdateMs, number: '1267', signer: { kind: 'issuer', fingerprint: authority.certificate.fingerprint } })
  t.equal(crl.table.size, 3)
  t.same(crl.table.find(Buffer.of(0x0a)), { revokedAtMs: Date.UTC(2025, 5, 1), reasonNumber: 1 })
  t.same(crl.table.find(Buffer.of(0x05)), { revokedAtMs: Date.UTC(2055, 5, 1), reasonNumber: undefined })
  t.match(crl.table.find(Buffer.of(0x0b)), { reasonNumber: 99 })
  t.equal(crl.table.find(Buffer.of(0x06)), undefined)
})

t.test('who may sign, and with what', async t => {
  const mute = createAuthority({ name: 'CRL CA', key: authority.privateKey, keyUsage: ['keyCertSign'] })
  const silent = createAuthority({ name: 'CRL CA', key: authority.privateKey, keyUsage: undefined })
  const rsa = createAuthority({ name: 'RSA CA', key: 'rsa' })
  const crl = buildCrl(authority)
  const rows: [what: string, der: Buffer, change: Partial<ReadCrlOptions>, expected: 'crl' | CrlErrorCode][] = [
    ['the issuer', crl, {}, 'crl'],
    ['an issuer without cRLSign', crl, { issuer: mute.certificate }, 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['an issuer without keyUsage', crl, { issuer: silent.certificate }, 'crl'],
    ['a namesake of the issuer', buildCrl(namesake), {}, 'CRL_ERR_SIGNATURE_INVALID'],
    ['a stranger in the issuer\'s name', buildCrl(stranger, { issuerName: authority.certificate.subjectDer }), {}, 'CRL_ERR_SIGNATURE_INVALID'],
    ['a stranger', buildCrl(stranger), {}, 'CRL_ERR_ISSUER_MISMATCH'],
    ['a stranger who is stated', buildCrl(stranger), { crlIssuers: [stranger.certificate] }, 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['RSA with SHA-256', buildCrl(rsa), { issuer: rsa.certificate }, 'crl'],
    ['RSA-PSS', buildCrl(rsa, { signing: { pss: {} } }), { issuer: rsa.certificate }, 'crl'],
    ['RSA with SHA-1', buildCrl(rsa, { signing: { hash: 'sha1' } }), { issuer: rsa.certificate }, 'CRL_ERR_SIGNATURE_ALGORITHM'],
    ['RSA with SHA-1, allowed', buildCrl(rsa, { signing: { hash: 'sha1' } }), { issuer: rsa.certificate, policy: { skewMs: 0, allowSha1Signatures: true } }, 'crl'],
    ['an algorithm that does not fit the key', buildCrl(rsa, { issuerName: authority.certificate.subjectDer }), {}, 'CRL_ERR_SIGNATURE_ALGORITHM']
  ]
  for (const [what, der, change, expected] of rows) t.equal(outcomeOf(read(der, change)), expected, what)
})

t.test('a stated cRLIssuer has to be marked for it, valid, and on the path of the issuer', async t => {
  const root = createAuthority({ name: 'Root' })
  const intermediate = createAuthority({ name: 'Intermediate', parent: root })
  const issue = (options: object) => intermediate.issue({ subject: 'CRL issuer', keyUsage: ['cRLSign'], extendedKeyUsages: [], ...options })
  const good = issue({})
  const rows: [string, ReturnType<typeof issue>, string][] = [
    ['issued by the issuer', good, 'crl'],
    ['the root above the issuer', root, 'crl'],
    ['a client without cRLSign', issue({ keyUsage: ['digitalSignature'] }), 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['without keyUsage', issue({ keyUsage: undefined }), 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['expired', issue({ notBeforeMs: nowMs - 3 * hourMs, notAfterMs: nowMs - hourMs }), 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['with a weak key', issue({ key: 'rsa1024' }), 'CRL_ERR_SIGNER_NOT_AUTHORIZED'],
    ['issued by a stranger', stranger.issue({ subject: 'CRL issuer', keyUsage: ['cRLSign'] }), 'CRL_ERR_SIGNER_NOT_AUTHORIZED']
  ]
  for (const [what, signer, expected] of rows) {
    const reading = read(buildCrl(signer), { issuer: intermediate.certificate, crlIssuers: [signer.certificate] })
    t.equal(outcomeOf(reading), expected, what)
    if (reading.kind === 'crl') t.equal(reading.crl.signer.kind, 'crlIssuer')
  }
  t.equal(outcomeOf(read(buildCrl(good), { issuer: intermediate.certificate })), 'CRL_ERR_ISSUER_MISMATCH', 'nobody brought its certificate')
})

t.test('extensions of a CRL and of its entries', async t => {
  const entryWith = (...extensions: { oid: string, critical?: boolean, value: Buffer }[]): CrlSpec => ({ entries: [{ serial: '01' }, { serial: '02', extensions }] })
  const unknown = '1.3.6.1.4.1.99999.1'
  const rows: [string, CrlSpec, string][] = [
    ['an unknown critical extension', { extensions: [{ oid: unknown, critical: true, value: nul() }] }, 'CRL_ERR_CRITICAL_EXTENSION'],
    ['an unknown extension', { extensions: [{ oid: unknown, value: nul() }] }, 'crl'],
    ['the same one twice', { extensions: [{ oid: unknown, value: nul() }, { oid: unknown, value: nul() }] }, 'CRL_ERR_MALFORMED'],
    ['a delta CRL', { extensions: [{ oid: '2.5.29.27', critical: true, value: integer(1) }] }, 'CRL_ERR_DELTA'],
    ['a delta CRL that does not say so critically', { extensions: [{ oid: '2.5.29.27', value: integer(1) }] }, 'CRL_ERR_DELTA'],
    ['a critical pointer to deltas', { extensions: [{ oid: '2.5.29.46', critical: true, value: sequence() }] }, 'CRL_ERR_CRITICAL_EXTENSION'],
    ['a pointer to deltas', { extensions: [{ oid: '2.5.29.46', value: sequence() }] }, 'crl'],
    ['a scope that is none', { extensions: [{ oid: '2.5.29.28', critical: true, value: integer(1) }] }, 'CRL_ERR_MALFORMED'],
    ['a scope of user and CA certificates only', { extensions: [{ oid: '2.5.29.28', critical: true, value: sequence(implicit(1, Buffer.of(0xff)), implicit(2, Buffer.of(0xff))) }] }, 'CRL_ERR_MALFORMED'],
    ['a scope with spelt-out defaults', { extensions: [{ oid: '2.5.29.28', critical: true, value: sequence(implicit(1, Buffer.of(0)), implicit(4, Buffer.of(0))) }] }, 'crl'],
    ['an unknown critical extension of an entry', entryWith({ oid: unknown, critical: true, value: nul() }), 'CRL_ERR_CRITICAL_EXTENSION'],
    ['an unknown extension of an entry', entryWith({ oid: unknown, value: nul() }), 'crl'],
    ['invalidityDate and holdInstruction', entryWith({ oid: '2.5.29.24', value: generalizedTime(nowMs) }, { oid: '2.5.29.23', critical: true, value: oid('1.2.840.10040.2.1') }), 'crl'],
    ['a critical reasonCode', entryWith({ oid: '2.5.29.21', critical: true, value: enumerated(1) }), 'crl'],
    ['a reasonCode that is none', entryWith({ oid: '2.5.29.21', value: integer(1) }), 'CRL_ERR_MALFORMED'],
    ['a negative reasonCode', entryWith({ oid: '2.5.29.21', value: enumerated(0x81) }), 'CRL_ERR_MALFORMED'],
    ['another issuer in a CRL that is not indirect', { entries: [{ serial: '01', certificateIssuer: nameDer('X') }] }, 'CRL_ERR_MALFORMED'],
    ['another issuer in one that is', { scope: { isIndirect: true }, entries: [{ serial: '01', certificateIssuer: nameDer('X') }] }, 'crl'],
    ['an issuer without a directoryName', { scope: { isIndirect: true }, ...entryWith({ oid: '2.5.29.29', critical: true, value: sequence(implicit(2, Buffer.from('x'))) }) }, 'CRL_ERR_MALFORMED'],
    ['more issuers than anybody has', { scope: { isIndirect: true }, entries: Array.from({ length: 1025 }, (_, i) => ({ serial: '01', certificateIssuer: nameDer(`CA ${i}`) })) }, 'CRL_ERR_MALFORMED']
  ]
  for (const [what, spec, expected] of rows) t.equal(outcomeOf(read(buildCrl(authority, spec))), expected, what)
})

t.test('what is no CRL in DER', async t => {
  const entry = entryDer({ serial: '01' })
  const serial = (content: Buffer): Buffer => sequence(sequence(integer(content), generalizedTime(nowMs)))
  const rows: [string, CrlSpec, string][] = [
    ['version 1', { version: 1, entries: [{ serial: '01' }] }, 'crl'],
    ['version 1 with extensions', { version: 1, number: 1 }, 'CRL_ERR_MALFORMED'],
    ['no entries', {}, 'crl'],
    ['an empty list of entries', { entryList: sequence() }, 'crl'],
    ['octets between entries', { entryList: sequence(entry, nul()) }, 'CRL_ERR_MALFORMED'],
    ['a list cut off', { entryList: sequence(entry.subarray(0, -1)) }, 'CRL_ERR_MALFORMED'],
    ['an entry without a time', { entryList: sequence(sequence(integer(1))) }, 'CRL_ERR_MALFORMED'],
    ['a serial with a spare octet', { entryList: serial(Buffer.of(0, 1)) }, 'CRL_ERR_MALFORMED'],
    ['an empty serial', { entryList: serial(Buffer.alloc(0)) }, 'CRL_ERR_MALFORMED'],
    ['a serial that is a string', { entryList: sequence(sequence(octetString(Buffer.of(1)), generalizedTime(nowMs))) }, 'CRL_ERR_MALFORMED'],
    ['30 February', { entryList: sequence(sequence(integer(1), generalizedTime('20260230000000Z'))) }, 'CRL_ERR_MALFORMED'],
    ['fractions of a second', { entryList: sequence(sequence(integer(1), generalizedTime('20260220000000.5Z'))) }, 'CRL_ERR_MALFORMED'],
    ['something behind the time', { entryList: sequence(sequence(integer(1), generalizedTime(nowMs), boolean(true))) }, 'CRL_ERR_MALFORMED'],
    ['something behind the extensions', { entryList: sequence(sequence(integer(1), generalizedTime(nowMs), sequence(sequence(oid('2.5.29.21'), octetString(enumerated(1)))), nul())) }, 'CRL_ERR_MALFORMED'],
    ['an empty list of extensions', { entryList: sequence(sequence(integer(1), generalizedTime(nowMs), sequence())) }, 'CRL_ERR_MALFORMED']
  ]
  for (const [what, spec, expected] of rows) t.equal(outcomeOf(read(buildCrl(authority, spec))), expected, what)
  t.equal(outcomeOf(read(Buffer.concat([buildCrl(authority), nul()]))), 'CRL_ERR_MALFORMED', 'octets behind it')
  t.equal(outcomeOf(read(buildCrl(authority), { maxBytes: 100 })), 'CRL_ERR_TOO_LARGE')
  t.equal(outcomeOf(read(buildCrl(authority, { beforeSigning: tbs => Buffer.concat([Buffer.of(0x30, 0x81), tbs.subarray(1)]) }))), 'CRL_ERR_MALFORMED', 'a length that could be shorter')
  let nested = nul()
  for (let depth = 0; depth < 40; depth++) nested = sequence(nested)
  t.equal(outcomeOf(read(buildCrl(authority, { issuerName: nested }))), 'CRL_ERR_MALFORMED', 'a name nested too deeply')
  t.equal(outcomeOf(read(buildCrl(authority, { scope: { point: explicit(0, explicit(4, nested)) } }))), 'CRL_ERR_MALFORMED', 'a scope nested too deeply')
})

t.test('every prefix of a CRL, and every octet of it changed: a value with a code', async t => {
  const der = buildCrl(authority, { number: 7, scope: { point: ['http://crl.test/1'], only: 'user' }, entries: [{ serial: '0102', reason: 6 }, { serial: '7fffffffffffffffffff', extensions: [{ oid: '2.5.29.24', value: generalizedTime(nowMs) }] }] })
  const codes = new Set<string>(Object.keys(crlErrors))
  for (let length = 0; length < der.length; length++) {
    const outcome = outcomeOf(read(der.subarray(0, length)))
    if (outcome !== 'CRL_ERR_MALFORMED') t.fail(`the first ${length} octets: ${outcome}`)
  }
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der)
    changed[at] = (changed[at] ?? 0) ^ 0x01
    const outcome = outcomeOf(read(changed))
    if (!codes.has(outcome)) t.fail(`octet ${at}: ${outcome}`)
  }
  t.equal(outcomeOf(read(der)), 'crl')
})

t.test('serials are found whatever their order, length and sign, and none that is not there', async t => {
  const random = createSeededRandom(20_260_101)
  const minimalSerial = (length: number): Buffer => {
    const octets = random.octets(length)
    octets[0] = 0x40 | ((octets[0] ?? 0) & 0x3f)
    return octets
  }
  const lists: [string, Buffer[]][] = [
    ['one', [Buffer.of(1)]],
    ['counted', Array.from({ length: 300 }, (_, i) => Buffer.of(1, i >> 8, i & 0xff))],
    ['at random', Array.from({ length: 2000 }, () => minimalSerial(16))],
    ['of all lengths', Array.from({ length: 500 }, (_, i) => minimalSerial(1 + i % 40))],
    ['that end alike', Array.from({ length: 300 }, () => Buffer.concat([minimalSerial(8), Buffer.from('cafecafecafe', 'hex')]))],
    ['negative, and with a high bit', [Buffer.of(0xff, 0x7f), Buffer.of(0x80), Buffer.of(0, 0x80), Buffer.of(0, 0xff, 0xff, 0xff, 0xff), Buffer.of(0xff)]],
    ['twice', [Buffer.of(9), Buffer.of(9), Buffer.of(8)]]
  ]
  for (const [what, serials] of lists) {
    const reading = read(buildCrl(authority, { entries: serials.map(serial => ({ serial: serial.toString('hex') })) }))
    if (reading.kind !== 'crl') { t.fail(`${what}: ${reading.code}`); continue }
    const { table } = reading.crl
    t.equal(table.size, serials.length)
    t.ok(serials.every(serial => table.find(serial) !== undefined), what)
    const listed = new Set(serials.map(serial => serial.toString('hex')))
    const absent = serials.flatMap(serial => [Buffer.concat([serial, Buffer.of(1)]), Buffer.concat([Buffer.of(0x11), serial]), serial.subarray(1)]).filter(serial => !listed.has(serial.toString('hex')))
    t.notOk(absent.some(serial => table.find(serial) !== undefined), `${what}: others`)
  }
})

t.test('400 000 entries are read in a moment and take 30 octets each', async t => {
  const count = 400_000
  const one = entryDer({ serial: '41'.repeat(16), reason: 1 })
  const list = Buffer.alloc(count * one.length)
  const random = createSeededRandom(1)
  for (let entry = 0; entry < count; entry++) {
    one.copy(list, entry * one.length)
    random.octets(4).copy(list, entry * one.length + 16)
  }
  const der = buildCrl(authority, { entryList: sequence(list) })
  t.ok(der.length > 18 * 2 ** 20, 'as big as they may be')
  const startedMs = performance.now()
  const reading = read(der)
  const tookMs = performance.now() - startedMs
  if (reading.kind !== 'crl') throw new Error(reading.code)
  t.ok(tookMs < 2000, `${tookMs.toFixed(0)} ms`)
  t.equal(reading.crl.table.size, count)
  t.ok(reading.crl.table.byteLength <= 30 * count)
  t.match(reading.crl.table.find(list.subarray(4, 20)), { reasonNumber: 1 })
  t.equal(outcomeOf(read(Buffer.concat([der, Buffer.alloc(4 * 2 ** 20)]))), 'CRL_ERR_TOO_LARGE')
})

t.test('PEM: one CRL, several, none, and what is no base64', async t => {
  const [a, b] = [buildCrl(authority), buildCrl(stranger)]
  t.same(crlDersOf(a), [a])
  t.same(crlDersOf(Buffer.from(crlPem(a))), [a])
  t.same(crlDersOf(Buffer.from(`# two\n${crlPem(a)}${pem('CERTIFICATE', authority.certDer)}${crlPem(b).replaceAll('\n', '\r\n')}`)), [a, b])
  t.same(crlDersOf(Buffer.from(crlPem(a) + crlPem(b))), [a, b])
  t.same(crlDersOf(Buffer.from('nothing')), [])
  t.same(crlDersOf(Buffer.alloc(0)), [])
  t.same(crlDersOf(Buffer.from(crlPem(a).replace('-----END', 'END'))), [])
  t.equal(outcomeOf(read(crlDersOf(Buffer.from('-----BEGIN X509 CRL-----\n(*)\n-----END X509 CRL-----\n'))[0] ?? Buffer.of(1))), 'CRL_ERR_MALFORMED')
})
