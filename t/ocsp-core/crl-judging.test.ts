import t from 'tap'
import { coverAllReasons, type CrlJudgement, type CrlPolicy, judgeByCrl, parseCertificate, readCrl, statusByCrls } from '@clinch/ocsp-core'
import { buildCrl, crlPointsExtension, type CrlSpec, type PointSpec, type ScopeSpec } from '../support/crl.ts'
import { type Authority, createAuthority, type Issued, nameDer } from '../support/pki.ts'

const nowMs = Date.UTC(2026, 5, 1)
const hourMs = 3_600_000
const lifetime = { notBeforeMs: nowMs - 100 * hourMs, notAfterMs: nowMs + 1000 * hourMs }
const authority = createAuthority({ name: 'CRL CA', ...lifetime })
const leaf = authority.issue({ subject: 'leaf', serial: '0a0b', ...lifetime })
const url = 'http://crl.test/1'

interface Case {
  readonly spec?: CrlSpec
  readonly client?: Issued
  readonly signer?: Authority | Issued
  readonly issuer?: Authority
  readonly policy?: CrlPolicy
}

function judge ({ spec = {}, client = leaf, signer = authority, issuer = authority, policy = { skewMs: 60_000 } }: Case): CrlJudgement {
  const der = buildCrl(signer, { thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + hourMs, ...spec })
  const reading = readCrl({ der, issuer: issuer.certificate, crlIssuers: signer === issuer ? [] : [signer.certificate], nowMs, policy })
  if (reading.kind === 'failed') throw new Error(reading.detail)
  return judgeByCrl({ certificate: client.certificate, crl: reading.crl, points: client.certificate.crlPoints, nowMs, policy })
}
const outcomeOf = (judgement: CrlJudgement): string => judgement.kind === 'failed' ? judgement.code : judgement.kind
const withPoints = (...points: PointSpec[]): Issued => authority.issue({ subject: 'leaf', serial: '0a0b', extensions: [crlPointsExtension(points)], ...lifetime })

t.test('listed is revoked, whatever the reason; not listed is good', t => {
  t.match(judge({}), { kind: 'unlisted', thisUpdateMs: nowMs - hourMs, nextUpdateMs: nowMs + hourMs, usableEndMs: nowMs + hourMs })
  const rows = [[undefined, undefined], [0, 'unspecified'], [1, 'keyCompromise'], [6, 'certificateHold'], [8, 'removeFromCRL'], [99, 'reason 99']] as const
  for (const [reason, name] of rows) {
    const judged = judge({ spec: { entries: [{ serial: '01' }, { serial: leaf, reason, revokedAtMs: nowMs + hourMs }] } })
    t.match(judged, { kind: 'revoked', revokedAtMs: nowMs + hourMs, reason: name }, String(name))
  }
  t.end()
})

t.test('times', t => {
  const listed = { entries: [{ serial: leaf }] }
  const rows: [string, CrlSpec, CrlPolicy, unlisted: string, listed: string][] = [
    ['from the future, within the skew', { thisUpdateMs: nowMs + 59_000 }, { skewMs: 60_000 }, 'unlisted', 'revoked'],
    ['from the future, beyond it', { thisUpdateMs: nowMs + 61_000 }, { skewMs: 60_000 }, 'CRL_ERR_NOT_YET_VALID', 'CRL_ERR_NOT_YET_VALID'],
    ['just over, within the skew', { nextUpdateMs: nowMs - 59_000 }, { skewMs: 60_000 }, 'unlisted', 'revoked'],
    ['over: what it lists stays revoked', { nextUpdateMs: nowMs - 60_000 }, { skewMs: 60_000 }, 'CRL_ERR_EXPIRED', 'revoked'],
    ['older than the policy wants', {}, { skewMs: 0, maxAgeMs: 60_000 }, 'CRL_ERR_TOO_OLD', 'revoked'],
    ['without nextUpdate', { nextUpdateMs: null }, { skewMs: 0 }, 'CRL_ERR_NEXT_UPDATE_MISSING', 'CRL_ERR_NEXT_UPDATE_MISSING'],
    ['without nextUpdate, with a TTL', { nextUpdateMs: null }, { skewMs: 0, withoutNextUpdateTtlMs: 2 * hourMs }, 'unlisted', 'revoked'],
    ['that contradict each other', { nextUpdateMs: nowMs - 2 * hourMs }, { skewMs: 60_000 }, 'CRL_ERR_TIME_ORDER', 'CRL_ERR_TIME_ORDER']
  ]
  for (const [what, spec, policy, whenUnlisted, whenListed] of rows) {
    t.equal(outcomeOf(judge({ spec, policy })), whenUnlisted, what)
    t.equal(outcomeOf(judge({ spec: { ...spec, ...listed }, policy })), whenListed, `${what}, listed`)
  }
  t.match(judge({ policy: { skewMs: 0, maxWindowMs: hourMs * 1.5 } }), { usableEndMs: nowMs + hourMs / 2 }, 'cut by the policy')
  const shortLived = authority.issue({ notBeforeMs: nowMs - hourMs, notAfterMs: nowMs + 1000 })
  t.match(judge({ client: shortLived }), { usableEndMs: nowMs + 1000 }, 'cut by the certificate')
  t.end()
})

t.test('the scope of a CRL', t => {
  const ca = createAuthority({ name: 'Sub', parent: authority, ...lifetime })
  const named = withPoints({ uris: ['http://other.test/', url] })
  const relative = Buffer.from('a103020101', 'hex') // nameRelativeToCRLIssuer
  const rows: [string, ScopeSpec, Issued, string][] = [
    ['user certificates: of a client', { only: 'user' }, leaf, 'unlisted'],
    ['user certificates: of a CA', { only: 'user' }, ca, 'CRL_ERR_SCOPE'],
    ['CA certificates: of a client', { only: 'ca' }, leaf, 'CRL_ERR_SCOPE'],
    ['CA certificates: of a CA', { only: 'ca' }, ca, 'unlisted'],
    ['attribute certificates', { only: 'attribute' }, leaf, 'CRL_ERR_SCOPE'],
    ['a point that the certificate names', { point: [url] }, named, 'unlisted'],
    ['another point', { point: ['http://crl.test/2'] }, named, 'CRL_ERR_SCOPE'],
    ['a point, of a certificate that names none', { point: [url] }, leaf, 'CRL_ERR_SCOPE'],
    ['a point by relative name', { point: relative }, named, 'CRL_ERR_SCOPE'],
    ['no point, of a certificate that names one', {}, named, 'unlisted'],
    ['indirect', { isIndirect: true }, leaf, 'unlisted']
  ]
  for (const [what, scope, client, expected] of rows) t.equal(outcomeOf(judge({ spec: { scope }, client })), expected, what)
  t.equal(outcomeOf(judge({ client: withPoints({ uris: [url], crlIssuers: ['Somebody'] }) })), 'unlisted', 'a complete CRL of the issuer speaks for all that it issued')
  t.equal(outcomeOf(judge({ spec: { scope: { point: [url] } }, client: withPoints({ uris: [url], crlIssuers: ['Somebody'] }) })), 'CRL_ERR_SCOPE', 'one for a point does not where somebody else is stated')
  t.end()
})

t.test('an indirect CRL lists certificates by issuer and serial, and an issuer holds until the next', t => {
  const crlIssuer = authority.issue({ subject: 'CRL issuer', keyUsage: ['cRLSign'], ...lifetime })
  const ours = { certificateIssuer: authority.certificate.subjectDer }
  const theirs = { certificateIssuer: nameDer('Another CA') }
  const stated = withPoints({ uris: [url], crlIssuers: [crlIssuer.certificate.subjectDer] })
  const rows: [string, CrlSpec['entries'], string][] = [
    ['nothing', [], 'unlisted'],
    ['the serial, of the CRL issuer', [{ serial: leaf }], 'unlisted'],
    ['the serial, of another', [{ serial: leaf, ...theirs }], 'unlisted'],
    ['the serial, ours', [{ serial: leaf, ...ours }], 'revoked'],
    ['the serial, after one of ours', [{ serial: '01', ...ours }, { serial: '02' }, { serial: leaf }], 'revoked'],
    ['the serial, after one of ours and one of another', [{ serial: '01', ...ours }, { serial: '02', ...theirs }, { serial: leaf }], 'unlisted'],
    ['the serial of another and ours', [{ serial: leaf, ...theirs }, { serial: leaf, ...ours }], 'revoked']
  ]
  for (const [what, entries, expected] of rows) {
    t.equal(outcomeOf(judge({ spec: { entries, scope: { isIndirect: true } }, signer: crlIssuer, client: stated })), expected, what)
  }
  t.equal(outcomeOf(judge({ spec: { scope: { isIndirect: true } }, signer: crlIssuer })), 'CRL_ERR_SCOPE', 'a certificate that does not state this issuer')
  t.equal(outcomeOf(judge({ signer: crlIssuer, client: stated })), 'CRL_ERR_SCOPE', 'a CRL that does not say that it is indirect')
  t.end()
})

t.test('a good takes CRLs for all reasons; a revocation takes one', t => {
  const some = (reasons: number[], entries: CrlSpec['entries'] = []): CrlJudgement => judge({ spec: { scope: { reasons }, entries } })
  const compromise = [1, 2, 8]
  const rest = [3, 4, 5, 6, 7]
  t.match(statusByCrls([some(compromise)]), { kind: 'failed', code: 'CRL_ERR_SCOPE' })
  t.match(statusByCrls([some(compromise), some(rest)]), { kind: 'good', source: 'crl' })
  t.ok(coverAllReasons([some(compromise), some(rest)]))
  t.match(statusByCrls([some(compromise), some(rest, [{ serial: leaf, reason: 4 }])]), { kind: 'revoked', reason: 'superseded' })
  t.match(statusByCrls([some(compromise, [{ serial: leaf }])]), { kind: 'revoked' })
  t.match(statusByCrls([{ kind: 'failed', code: 'CRL_ERR_LOADING', detail: '' }, some(rest)]), { kind: 'failed', code: 'CRL_ERR_LOADING' })
  t.match(statusByCrls([]), { kind: 'failed', code: 'CRL_ERR_SCOPE' })
  const [older, sooner] = [judge({ spec: { thisUpdateMs: nowMs - 5 * hourMs, scope: { reasons: compromise } } }), judge({ spec: { nextUpdateMs: nowMs + 1000, scope: { reasons: rest } } })]
  t.match(statusByCrls([sooner, older]), { kind: 'good', thisUpdateMs: nowMs - 5 * hourMs, producedAtMs: nowMs - 5 * hourMs, usableEndMs: nowMs + 1000, nextUpdateMs: nowMs + 1000 })
  t.match(statusByCrls([judge({ client: withPoints({ uris: [url], reasons: compromise }) })]), { kind: 'failed', code: 'CRL_ERR_SCOPE' }, 'the point speaks for some')
  t.end()
})

t.test('distribution points of a certificate', t => {
  const points = withPoints({ uris: ['ldap://x/', url], reasons: [1, 2] }, { isRelative: true }, { crlIssuers: ['CRL issuer'] }, { uris: [] }).certificate.crlPoints
  t.match(points, [
    { uris: ['ldap://x/', url], reasons: 0b110, crlIssuers: [], skipped: undefined },
    { uris: [], reasons: 0x1fe, skipped: 'nameRelativeToCRLIssuer' },
    { uris: [], crlIssuers: [nameDer('CRL issuer')], skipped: 'noUri' },
    { uris: [], skipped: 'noUri' }
  ])
  t.same(withPoints({ uris: [url] }, { uris: ['http://crl.test/2'] }).certificate.crlUris, [url, 'http://crl.test/2'])
  t.same(leaf.certificate.crlPoints, [])
  t.throws(() => parseCertificate(authority.issue({ extensions: [{ oid: '2.5.29.31', value: Buffer.of(0x30, 1, 0x30) }] }).certDer), { code: 'OCSP_ERR_MALFORMED' })
  t.end()
})
