import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { ClientVerdict } from '@clinch/plugins'
import { buildCrl, crlPem, crlPointsExtension, type CrlSpec } from '../support/crl.ts'
import { createDistributionPoint, type DistributionPoint } from '../support/distribution-point.ts'
import { until } from '../support/gateway.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { ClientWorld, dayMs, hourMs, minuteMs, type WorldOptions } from './client-world.ts'

interface CrlWorld {
  readonly world: ClientWorld
  readonly point: DistributionPoint
  /** A client whose certificate names responder and distribution point. */
  readonly issue: (status?: 'good' | 'revoked' | 'unknown', options?: Parameters<ClientWorld['issue']>[1]) => Issued
  /** A client whose certificate names the distribution point only. */
  readonly issueWithoutOcsp: () => Issued
  /** The CRL that is served from now on. */
  readonly publish: (entries?: CrlSpec['entries'], spec?: CrlSpec) => void
}

async function createWorld (t: Test, options: WorldOptions = {}): Promise<CrlWorld> {
  const point = await createDistributionPoint(t)
  const world = await ClientWorld.create(t, { ...options, allow: [point.url, ...options.allow ?? []] })
  const publish: CrlWorld['publish'] = (entries = [], spec = {}) =>
    point.serve(buildCrl(world.authority, { thisUpdateMs: world.clock.ms - 1000, nextUpdateMs: world.clock.ms + dayMs, entries, ...spec }))
  publish()
  return {
    world,
    point,
    publish,
    issue: (status = 'good', more = {}) => world.issue(status, { crlUris: [point.url], ...more }),
    issueWithoutOcsp: () => world.authority.issue({ subject: 'client', crlUris: [point.url] })
  }
}

const codeOf = (verdict: ClientVerdict): string => verdict.kind === 'indeterminate' ? verdict.code : verdict.kind
const loaded = async (world: ClientWorld): Promise<void> => await until(() => world.checker.crls.every(({ state }) => state !== 'loading'))

t.test('responder down: the CRL decides; responder up: it is not even fetched', async t => {
  const { world, point, issue, publish } = await createWorld(t)
  t.match(await world.check(issue()), { kind: 'good', source: 'ocsp' })
  t.equal(point.count, 0)
  await world.responder.stop()
  const [good, listed] = [issue(), issue()]
  publish([{ serial: listed, reason: 1 }])
  t.match(await world.check(good), { kind: 'good', source: 'crl' })
  t.match(await world.check(listed), { kind: 'revoked', source: 'crl' })
  t.equal(point.count, 1, 'one CRL for all')
  t.match(world.checker.views.find(({ fingerprint }) => fingerprint === good.certificate.fingerprint), { state: 'good', source: 'crl', responder: new URL(point.url).host })
  t.match(world.checker.crls, [{ place: new URL(point.url).host, state: 'current', entries: 1, failures: 0, issuer: world.authority.certificate.fingerprint }])
  t.match(world.recorder.lines.filter(({ msg }) => msg === 'client certificate is revoked'), [{ source: 'crl' }])
})

t.test('verified unknown, an answer that is forged, a URL that is refused: the CRL decides', async t => {
  const { world, issue, publish } = await createWorld(t)
  const listed = issue('unknown')
  publish([{ serial: listed }])
  t.match(await world.check(issue('unknown')), { kind: 'good', source: 'crl' })
  t.match(await world.check(listed), { kind: 'revoked', source: 'crl' })
  world.responder.lieOnce('garbage')
  t.match(await world.check(issue()), { kind: 'good', source: 'crl' })
  t.match(await world.check(issue('good', { ocspUris: ['http://127.0.0.1:1/'] })), { kind: 'good', source: 'crl' })
})

t.test('no responder at all: the CRL decides; neither: noResponder', async t => {
  const { world, issueWithoutOcsp } = await createWorld(t)
  const client = issueWithoutOcsp()
  t.match(await world.check(client), { kind: 'good', source: 'crl' })
  const noResponder = { kind: 'notApplicable', reason: 'noResponder' }
  t.match(await world.check(client, { prefer: 'ocsp_only' }), noResponder)
  t.match(await world.check(world.issue(), { prefer: 'crl_only' }), noResponder)
  t.match(await world.check(world.authority.issue({ subject: 'bare' })), noResponder)
  t.match(await world.check(world.authority.issue({ subject: 'ldap', crlUris: ['ldap://crl.test/'] })), noResponder, 'nothing can be fetched from there')
  t.match(await world.check(world.authority.issue({ crlUris: ['http://x.test/'], noRevAvail: true }), { prefer: 'crl' }), { code: 'OCSP_ERR_MALFORMED' })
})

t.test('prefer: who is asked, and who is not', async t => {
  const rows = [
    ['ocsp', 'good', { kind: 'good', source: 'ocsp' }, [1, 0]],
    ['crl', 'good', { kind: 'good', source: 'crl' }, [0, 1]],
    ['crl_only', 'revoked', { kind: 'good', source: 'crl' }, [0, 1]],
    ['ocsp_only', 'revoked', { kind: 'revoked', source: 'ocsp' }, [1, 0]]
  ] as const
  for (const [prefer, status, expected, counts] of rows) {
    const { world, point, issue } = await createWorld(t)
    t.match(await world.check(issue(status), { prefer }), expected, prefer)
    t.same([world.responder.count, point.count], counts, prefer)
  }

  await t.test('and when the preferred one fails', async t => {
    const { world, point, issue } = await createWorld(t)
    await point.stop()
    t.match(await world.check(issue(), { prefer: 'crl' }), { kind: 'good', source: 'ocsp' })
    t.equal(codeOf(await world.check(issue(), { prefer: 'crl_only' })), 'CRL_ERR_UNREACHABLE')
    await world.responder.stop()
    t.match(await world.check(issue()), { code: 'OCSP_ERR_RESPONDER_CONNECT', detail: /; CRL_ERR_UNREACHABLE: / }, 'both are told of')
    t.equal(codeOf(await world.check(issue(), { prefer: 'ocsp_only' })), 'OCSP_ERR_RESPONDER_CONNECT')
  })

  await t.test('what was good by one policy is not known to another', async t => {
    const { world, issue, publish } = await createWorld(t)
    const client = issue()
    publish([{ serial: client }])
    t.match(await world.check(client, { prefer: 'ocsp_only' }), { kind: 'good' })
    t.match(await world.check(client, { prefer: 'crl_only' }), { kind: 'revoked', source: 'crl' })
    t.match(await world.check(client, { prefer: 'ocsp_only' }), { kind: 'revoked' }, 'revoked is revoked, whoever is asked')
  })
})

t.test('revoked wins: good by OCSP, revoked by a CRL that is at hand', async t => {
  const { world, issue, publish } = await createWorld(t)
  const [other, client] = [issue(), issue()]
  publish([{ serial: client }], { thisUpdateMs: world.clock.ms - 10 * hourMs })
  t.match(await world.check(other, { prefer: 'crl' }), { kind: 'good', source: 'crl' })
  t.match(await world.check(client), { kind: 'revoked', source: 'crl' }, 'although the answer of the responder is newer')
  world.clock.ms += hourMs
  t.match(await world.check(client, { maxAgeMs: minuteMs }), { kind: 'revoked' })
})

t.test('revoked wins: good by CRL, revoked by OCSP', async t => {
  const { world, issue, publish } = await createWorld(t)
  const client = issue('revoked')
  t.match(await world.check(client), { kind: 'revoked', source: 'ocsp' })
  world.clock.ms += minuteMs
  publish()
  await world.responder.stop()
  t.match(await world.check(client, { prefer: 'crl', maxAgeMs: 1 }), { kind: 'revoked' }, 'a newer CRL that does not list it lifts nothing while the revocation is current')
  await world.responder.restart()
  world.clock.ms += minuteMs
  world.responder.set(client, 'good')
  t.match(await world.check(client, { prefer: 'crl', maxAgeMs: 1 }), { kind: 'good', source: 'ocsp' }, 'the source that revoked lifts it')
})

t.test('revoked by CRL sticks past nextUpdate, and a newer CRL lifts a hold', async t => {
  const { world, point, issueWithoutOcsp, publish } = await createWorld(t)
  const client = issueWithoutOcsp()
  publish([{ serial: client, reason: 6 }])
  t.match(await world.check(client), { kind: 'revoked', source: 'crl' })
  await point.stop()
  world.clock.ms += 2 * dayMs
  t.match(await world.check(client), { kind: 'revoked' })
  t.equal(codeOf(await world.check(issueWithoutOcsp())), 'CRL_ERR_EXPIRED', 'of others it says nothing any more')
  await point.restart()
  publish()
  world.clock.ms += hourMs
  world.checker.fetchDueCrls()
  await until(() => world.checker.crls[0]?.state === 'current')
  t.match(await world.check(client, { maxAgeMs: 1 }), { kind: 'good', source: 'crl' })
  t.match(world.recorder.lines.map(({ msg }) => msg), /client certificate is no longer on hold/)
})

t.test('a CRL that is loading: no verdict in time, and one as soon as it is there', async t => {
  const { world, point, issueWithoutOcsp } = await createWorld(t)
  const client = issueWithoutOcsp()
  point.hang()
  const startedMs = performance.now()
  t.equal(codeOf(await world.check(client, { deadlineMs: 100 })), 'CRL_ERR_LOADING')
  t.ok(performance.now() - startedMs < 1500)
  t.match(world.checker.crls, [{ state: 'loading' }])
  point.release()
  await loaded(world)
  await until(async () => (await world.check(client, { deadlineMs: 100 })).kind === 'good')
  t.equal(point.count, 1, 'fetched once, whoever gave up')
})

t.test('a hundred clients at once: one fetch, and all wait for it', async t => {
  const { world, point, issueWithoutOcsp } = await createWorld(t)
  const key = issueWithoutOcsp().privateKey
  point.hang()
  const waiting = Array.from({ length: 100 }, async () => await world.check(world.authority.issue({ key, crlUris: [point.url] })))
  await until(() => point.count === 1)
  point.release()
  t.ok((await Promise.all(waiting)).every(({ kind }) => kind === 'good'))
  t.equal(point.count, 1)
})

t.test('a responder that hangs leaves time for the CRL within one deadline', async t => {
  const { world, issue } = await createWorld(t)
  world.responder.hang()
  const startedMs = performance.now()
  t.match(await world.check(issue(), { deadlineMs: 2000 }), { kind: 'good', source: 'crl' })
  t.ok(performance.now() - startedMs < 2500)
  world.responder.release()
})

t.test('what is no CRL to go by', async t => {
  const stranger = createAuthority({ name: 'Client CA' })
  const now = Date.now()
  const times = { thisUpdateMs: now - 1000, nextUpdateMs: now + dayMs }
  const delta = { oid: '2.5.29.27', critical: true, value: Buffer.of(2, 1, 1) }
  const rows: [what: string, serve: (world: CrlWorld) => Parameters<DistributionPoint['serve']>[0], code: string][] = [
    ['404', () => 404, 'CRL_ERR_HTTP'],
    ['a redirect', () => response => response.writeHead(302, { location: 'http://127.0.0.1/' }).end(), 'CRL_ERR_HTTP'],
    ['a page', () => Buffer.from('<html>'), 'CRL_ERR_MALFORMED'],
    ['nothing', () => Buffer.alloc(0), 'CRL_ERR_HTTP'],
    ['a body cut off', () => response => { response.writeHead(200, { 'content-length': 100 }).write('x'); setImmediate(() => response.destroy()) }, 'CRL_ERR_HTTP'],
    ['a coding', () => response => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'), 'CRL_ERR_HTTP'],
    ['too much, announced', () => Buffer.alloc(1_048_577), 'CRL_ERR_TOO_LARGE'],
    ['too much, without end', () => response => {
      const more = (): void => { if (!response.destroyed) response.write(Buffer.alloc(65_536), more) }
      response.on('error', () => {})
      more()
    }, 'CRL_ERR_TOO_LARGE'],
    ['of a namesake', () => buildCrl(stranger, times), 'CRL_ERR_SIGNATURE_INVALID'],
    ['expired', ({ world }) => buildCrl(world.authority, { thisUpdateMs: now - 2 * dayMs, nextUpdateMs: now - dayMs }), 'CRL_ERR_EXPIRED'],
    ['from the future', ({ world }) => buildCrl(world.authority, { thisUpdateMs: now + hourMs, nextUpdateMs: now + dayMs }), 'CRL_ERR_NOT_YET_VALID'],
    ['a delta', ({ world }) => buildCrl(world.authority, { ...times, extensions: [delta] }), 'CRL_ERR_DELTA'],
    ['of CA certificates', ({ world }) => buildCrl(world.authority, { ...times, scope: { only: 'ca' } }), 'CRL_ERR_SCOPE'],
    ['in PEM', ({ world }) => Buffer.from(crlPem(buildCrl(world.authority, times))), 'good']
  ]
  const key = stranger.privateKey
  for (const [what, serve, expected] of rows) {
    const crlWorld = await createWorld(t, { attr: { max_crl_size: 1_048_576, aia: 'public', aia_allow: ['127.0.0.1:1'] } })
    const { world, point } = crlWorld
    point.serve(serve(crlWorld))
    const client = world.authority.issue({ key })
    const verdict = await world.check(client, { crl: point.url })
    t.equal(codeOf(verdict), expected, what)
    await world.stop()
  }
})

t.test('the guard: URLs of certificates pass it, configured ones need not', async t => {
  const { world, point } = await createWorld(t)
  const refused = ['http://127.0.0.1:1/a.crl', 'http://169.254.169.254/latest', 'http://[::1]:80/', 'http://10.0.0.1/', 'http://user@crl.test/']
  for (const url of refused) {
    const verdict = await world.check(world.authority.issue({ crlUris: [url] }))
    t.match(verdict, { code: 'CRL_ERR_URL_REFUSED' }, url)
  }
  t.same(world.checker.crls, [], 'nothing is kept of them')
  t.match(await world.check(world.authority.issue({ crlUris: [refused[0] ?? '', point.url] })), { kind: 'good' }, 'the next URL of the certificate')
  const key = createAuthority().privateKey
  const host = new URL(point.url).host
  const verdicts = await Promise.all(Array.from({ length: 100 }, async (_, n) => await world.check(world.authority.issue({ key, crlUris: [`http://${host}/${n}.crl`] }))))
  t.equal(verdicts.filter(({ kind }) => kind === 'good').length, 59, '60 URLs a minute for one client, the first among them')
  t.ok(verdicts.every(verdict => ['good', 'CRL_ERR_URL_REFUSED'].includes(codeOf(verdict))))
})

t.test('a refresh that fails takes nothing away; a replay of an older CRL lifts nothing', async t => {
  const { world, point, issueWithoutOcsp, publish } = await createWorld(t)
  const client = issueWithoutOcsp()
  const older = buildCrl(world.authority, { thisUpdateMs: world.clock.ms - hourMs, nextUpdateMs: world.clock.ms + 3 * dayMs })
  publish([{ serial: client }])
  t.match(await world.check(client), { kind: 'revoked' })
  point.serve(older)
  world.clock.ms += 20 * hourMs
  world.checker.fetchDueCrls()
  await until(() => world.checker.crls[0]?.last_error?.code === 'CRL_ERR_OUTDATED')
  t.match(await world.check(client, { maxAgeMs: 1 }), { kind: 'revoked' })
  t.match(await world.check(issueWithoutOcsp()), { kind: 'good' }, 'the one that is held goes on')
  t.equal(world.recorder.lines.filter(({ msg }) => msg === 'CRL not fetched').length, 1)
})

t.test('a refreshed CRL that lists a client is told to every worker before it comes back', async t => {
  const { world, issueWithoutOcsp, issue, publish } = await createWorld(t)
  const [client, byOcsp] = [issueWithoutOcsp(), issue()]
  await world.check(client)
  await world.check(byOcsp)
  world.clock.ms += 20 * hourMs
  publish([{ serial: client }, { serial: byOcsp }])
  world.checker.fetchDueCrls()
  const told = () => world.news.flatMap(news => news.kind === 'verdict' && news.verdict.kind === 'revoked' ? [news.fingerprint] : [])
  await until(() => told().length === 2)
  t.same(told().toSorted(), [client.certificate.fingerprint, byOcsp.certificate.fingerprint].toSorted())
})

t.test('a restart with the distribution point down: the CRL on disk decides, verified again', async t => {
  const { world, point, issueWithoutOcsp, publish } = await createWorld(t)
  const [good, listed] = [issueWithoutOcsp(), issueWithoutOcsp()]
  publish([{ serial: listed }])
  await world.check(good)
  await until(async () => (await readdir(join(world.folder, '..', 'crls')).catch(() => [])).some(name => name.endsWith('.der')))
  await point.stop()
  await world.restart()
  t.match(await world.check(good), { kind: 'good', source: 'crl' })
  t.match(await world.check(listed), { kind: 'revoked', source: 'crl' })

  await t.test('past its nextUpdate too, as far as it lists', async t => {
    await world.restart()
    world.clock.ms += 2 * dayMs
    t.match(await world.check(listed), { kind: 'revoked' })
    t.equal(codeOf(await world.check(good)), 'CRL_ERR_EXPIRED')
  })

  await t.test('and with a good answer of a responder beside it', async t => {
    world.clock.ms -= 2 * dayMs
    await world.restart()
    const client = world.authority.issue({ serial: listed.serialHex, ocspUris: [world.responder.url], crlUris: [point.url] })
    world.responder.set(client, 'good')
    t.match(await world.check(client), { kind: 'revoked', source: 'crl' })
  })

  await t.test('a file that was changed is thrown away', async t => {
    const [name = ''] = await readdir(join(world.folder, '..', 'crls'))
    await world.stop()
    await writeFile(join(world.folder, '..', 'crls', name), buildCrl(createAuthority({ name: 'Client CA' })))
    await world.restart()
    t.equal(codeOf(await world.check(good)), 'CRL_ERR_UNREACHABLE')
    t.same(await readdir(join(world.folder, '..', 'crls')), [])
    t.match(await world.metrics(), /ocsp_disk_rejected_total 1/)
  })
})

t.test('ssl_crl: a file with the CRLs of several CAs, read again when it changes', async t => {
  const { world, issueWithoutOcsp, point } = await createWorld(t)
  const file = join(world.folder, '..', 'clients.crl')
  const write = async (entries: CrlSpec['entries'], thisUpdateMs: number): Promise<void> =>
    await writeFile(file, crlPem(buildCrl(createAuthority({ name: 'Another' }))) + crlPem(buildCrl(world.authority, { entries, thisUpdateMs, nextUpdateMs: world.clock.ms + dayMs })))
  const crl = 'clients.crl' // relative to the gateway's folder
  const client = world.issue()
  const only = { crl, prefer: 'crl_only' } as const
  t.equal(codeOf(await world.check(client, only)), 'CRL_ERR_FILE', 'not there yet')
  await write([], world.clock.ms - 2000)
  await until(async () => (await world.check(client, only)).kind === 'good')
  t.match(world.checker.crls, [{ place: file, state: 'current', entries: 0 }])
  await write([{ serial: client }], world.clock.ms - 1000)
  await until(() => world.news.some(news => news.kind === 'verdict' && news.verdict.kind === 'revoked'))
  t.match(await world.check(client, only), { kind: 'revoked' })
  t.equal(point.count, 0)

  await t.test('of other CAs it says nothing: their own distribution points do', async t => {
    await writeFile(join(world.folder, '..', 'others.crl'), buildCrl(createAuthority({ name: 'Another' })))
    t.match(await world.check(issueWithoutOcsp(), { crl: 'others.crl' }), { kind: 'good' })
    t.equal(point.count, 1)
    t.equal(codeOf(await world.check(world.authority.issue(), { crl: 'others.crl' })), 'CRL_ERR_ISSUER_MISMATCH')
  })
})

t.test('CRLs of two distribution points, by reason, one of them of a stated issuer', async t => {
  const second = await createDistributionPoint(t)
  const { world, point } = await createWorld(t, { allow: [second.url] })
  const crlIssuer = world.authority.issue({ subject: 'CRL issuer', keyUsage: ['cRLSign'] })
  const ours = { certificateIssuer: world.authority.certificate.subjectDer }
  const times = { thisUpdateMs: world.clock.ms - 1000, nextUpdateMs: world.clock.ms + dayMs }
  const points = crlPointsExtension([{ uris: [point.url], reasons: [1, 2, 8] }, { uris: [second.url], reasons: [3, 4, 5, 6, 7], crlIssuers: [crlIssuer.certificate.subjectDer] }])
  const [good, listed] = [world.authority.issue({ extensions: [points] }), world.authority.issue({ extensions: [points] })]
  second.serve(buildCrl(crlIssuer, { ...times, entries: [{ serial: listed, ...ours }], scope: { isIndirect: true } }))
  const stated = { crlIssuersDer: [crlIssuer.certDer] }
  t.equal(codeOf(await world.check(good)), 'CRL_ERR_ISSUER_MISMATCH', 'nobody brought the certificate of the stated issuer')
  await world.checker.forget(good.certificate.fingerprint)
  t.match(await world.check(good, stated), { kind: 'good', source: 'crl' })
  t.match(await world.check(listed, stated), { kind: 'revoked' })
  await second.stop()
  await world.checker.forget(good.certificate.fingerprint)
  t.match(await world.check(world.authority.issue({ extensions: [points] }), stated), { kind: 'good' }, 'both are at hand')
})

t.test('a delegate without nocheck that the CRL lists may not sign', async t => {
  const point = await createDistributionPoint(t)
  const authority = createAuthority({ name: 'Client CA' })
  const delegate = authority.issueDelegate({ ocspNoCheck: false, crlUris: [point.url] })
  const world = await ClientWorld.create(t, { allow: [point.url], responder: { authority, delegate } })
  const client = authority.issue({ ocspUris: [world.responder.url] })
  world.responder.set(client, 'good')
  const check = async (): Promise<ClientVerdict> => await world.check(client, { issuerDer: authority.certDer, maxAgeMs: 1 })
  point.serve(buildCrl(authority, { entries: [{ serial: delegate }] }))
  t.match(await check(), { kind: 'good' }, 'nothing is known of it yet')
  await loaded(world)
  world.clock.ms += minuteMs
  await world.checker.forget(client.certificate.fingerprint)
  t.match(await check(), { code: 'OCSP_ERR_SIGNER_NOT_AUTHORIZED' })
})

t.test('metrics of the CRLs', async t => {
  const { world, point, issueWithoutOcsp, publish } = await createWorld(t)
  publish([{ serial: '01' }, { serial: '02' }])
  await world.check(issueWithoutOcsp())
  await world.check(world.authority.issue({ crlUris: [point.url.replace('ca.crl', 'none')] }))
  const text = await world.metrics()
  const label = `crl="${new URL(point.url).host}/`
  t.match(text, `ocsp_crl_entries{${label}`)
  t.match(text, /ocsp_crl_entries\{crl="[^"]+"\} 2\n/)
  t.match(text, `ocsp_crl_expiry_seconds{${label}`)
  t.match(text, 'ocsp_crls{state="current"} 2\n')
  t.match(text, /ocsp_fetch_total\{purpose="crl",result_code="crl",responder="[^"]+"\} 2/)
})
