import t from 'tap'
import { createFieldMatcher, HeaderList, loadPlugins, type ClientCheck, type ClientVerdict, type RequestContext } from '@clinch/plugins'
import { recordLog } from '../support/log-recorder.ts'
import { createAuthority } from '../support/pki.ts'
import { fakeRequest } from '../support/request-context.ts'
import { good, indeterminate, leaf, middle, mutualTls, notApplicable, nowMs, revoked, root, settings, unknown, verified } from './mutual-tls.ts'
import { complaintAbout, responseOf, runPlugin, type Surroundings } from './run-plugin.ts'

type Verdict = ClientVerdict | ((check: ClientCheck) => ClientVerdict | Promise<ClientVerdict>)

const sequence = (der: Buffer): string => `:${der.toString('base64')}:`
const checkedAtMs = nowMs - 90_500
const fresh: ClientVerdict = { ...good, checkedAtMs }
const names = ['Client-Cert', 'Client-Cert-Chain', 'X-Client-Cert-Status'] as const

/** What the upstream is sent of the three fields by one instance of the plugin. */
async function forwardWith (conf: object, verdict: Verdict, surroundings: Surroundings = {}) {
  const checkClient = typeof verdict === 'function' ? verdict : () => verdict
  const { admit } = await runPlugin('ocsp-stapling', conf, { now: () => nowMs, checkClient, ...surroundings })
  return async (request: RequestContext = mutualTls()) => {
    const result = await admit?.(request)
    return { status: responseOf(result)?.status ?? 'pass', fields: names.map(name => request.upstream.headers.lines(name).join(' | ')), request }
  }
}

const off = { ssl: { ocsp_stapling: { ...settings, ssl_ocsp: 'off' } } }
const chain = { ssl: { ocsp_stapling: { ...settings, ssl_ocsp: 'chain' } } }

t.test('the upstream is told nothing unless the route says so', async t => {
  const forward = await forwardWith({}, fresh)
  t.strictSame((await forward()).fields, ['', '', ''])
  t.match(await complaintAbout('ocsp-stapling', { forward_client_cert: true }), /forward_client_cert/)
  t.equal(await complaintAbout('ocsp-stapling', { forward_client_cert: 'leaf' }), undefined)
})

t.test('leaf: the certificate as RFC 9440 has it, and what OCSP says of it', async t => {
  const forward = await forwardWith({ forward_client_cert: 'leaf' }, fresh)
  t.strictSame((await forward()).fields, [sequence(leaf.certDer), '', 'good; source=ocsp; checked=1782863909; next=1782867600'])
})

t.test('chain: the verified path besides, without the certificate itself and the trust anchor', async t => {
  const low = createAuthority({ name: 'Low', parent: middle })
  const client = { verify: 'SUCCESS', certificate: low.issue().certificate } as const
  const stranger = createAuthority({ name: 'Middle' }) // a namesake that the client sent along
  const remembered: string[] = []
  const forward = await forwardWith({ forward_client_cert: 'chain' }, fresh, { rememberIssuers: issuers => { remembered.push(...issuers.map(({ fingerprint }) => fingerprint)) } })
  const chainOf = async (issuers: readonly ReturnType<typeof createAuthority>[]) => (await forward(mutualTls({ client: { ...client, issuers: issuers.map(({ certificate }) => certificate) } }))).fields[1]

  t.equal(await chainOf([root, stranger, middle, low]), `${sequence(low.certDer)}, ${sequence(middle.certDer)}`)
  t.strictSame(remembered, [low.certificate.fingerprint, middle.certificate.fingerprint], 'for sessions that are resumed elsewhere')
  t.equal(await chainOf([root, low]), '', 'a part of it is no chain')
})

t.test('a certificate right below the trust anchor has no chain', async t => {
  const forward = await forwardWith({ forward_client_cert: 'chain' }, fresh)
  const client = { verify: 'SUCCESS', certificate: root.issue().certificate, issuers: [root.certificate] } as const
  t.equal((await forward(mutualTls({ client }))).fields[1], '')
})

t.test('on a resumed session the chain is asked for, once a connection', async t => {
  const wanted: string[] = []
  const forward = await forwardWith({ forward_client_cert: 'chain' }, fresh, {
    findIssuer: async certificate => { wanted.push(certificate.fingerprint); return middle.certificate }
  })
  const client = { ...verified, issuers: [root.certificate] }
  for (let n = 0; n < 3; n++) t.equal((await forward(mutualTls({ client }))).fields[1], sequence(middle.certDer))
  t.strictSame(wanted, [leaf.certificate.fingerprint])
  const lost = await forwardWith({ forward_client_cert: 'chain' }, fresh, { findIssuer: certificate => { wanted.push(certificate.fingerprint); return undefined } })
  for (let n = 0; n < 3; n++) t.strictSame((await lost(mutualTls({ client }))).fields.slice(0, 2), [sequence(leaf.certDer), ''])
  t.equal(wanted.length, 2, 'and not again for each request when nobody knows')
})

t.test('what is told of each verdict that passes', async t => {
  const ended: ClientVerdict = { ...good, source: 'cache', usableEndMs: nowMs }
  const cases: ReadonlyArray<readonly [situation: string, verdict: ClientVerdict, field: string]> = [
    ['from memory', { ...fresh, source: 'cache' } as ClientVerdict, 'good; source=cache; checked=1782863909; next=1782867600'],
    ['from a CRL', { ...fresh, source: 'crl' } as ClientVerdict, 'good; source=crl; checked=1782863909; next=1782867600'],
    ['when it was checked is not known', good, 'good; source=ocsp; next=1782867600'],
    ['unknown', { ...unknown, checkedAtMs }, 'unknown; source=ocsp; checked=1782863909; next=1782867600'],
    ['no answer', indeterminate('RESPONDER_TIMEOUT'), 'indeterminate; reason=OCSP_ERR_RESPONDER_TIMEOUT'],
    ['good that has ended', ended, 'indeterminate; reason=OCSP_ERR_EXPIRED'],
    ['nobody to ask', notApplicable('noResponder'), 'not-applicable; reason=noResponder'],
    ['too short-lived to ask', notApplicable('noRevAvail'), 'not-applicable; reason=noRevAvail']
  ]
  for (const [situation, verdict, field] of cases) {
    const forward = await forwardWith({ mode: 'soft', forward_client_cert: 'leaf' }, verdict)
    t.strictSame((await forward()).fields, [sequence(leaf.certDer), '', field], situation)
  }
})

t.test('a certificate that nobody is asked about is forwarded as not checked', async t => {
  const forward = await forwardWith({ forward_client_cert: 'leaf' }, () => { throw new Error('asked') })
  for (const request of [off, { ssl: { ocsp_stapling: undefined } }]) {
    t.strictSame((await forward(mutualTls(request))).fields, [sequence(leaf.certDer), '', 'not-checked'])
  }
})

t.test('without a certificate that verified there is nothing to tell', async t => {
  const forward = await forwardWith({ forward_client_cert: 'chain' }, fresh)
  const requests = {
    plain: fakeRequest(),
    'no certificate': mutualTls({ client: undefined }),
    'not verified': mutualTls({ client: { ...verified, verify: 'FAILED:self-signed certificate' } }),
    'no client.ca': mutualTls({ ssl: { client: undefined } })
  }
  for (const [situation, request] of Object.entries(requests)) t.strictSame((await forward(request)).fields, ['', '', ''], situation)
})

t.test('who is refused is told of to nobody', async t => {
  for (const verdict of [revoked, unknown, indeterminate('OVERLOADED')]) {
    const forward = await forwardWith({ forward_client_cert: 'leaf' }, verdict)
    t.match(await forward(), { status: 495, fields: ['', '', ''] })
  }
})

t.test('of a chain the worst is told, and of those alike the one that ends first', async t => {
  const soon: ClientVerdict = { ...good, source: 'cache', checkedAtMs: nowMs - 1000, usableEndMs: nowMs + 1000 }
  const cases: ReadonlyArray<readonly [ofLeaf: ClientVerdict, ofMiddle: ClientVerdict, field: RegExp]> = [
    [fresh, soon, /^good; source=cache; checked=1782863999; next=1782864001$/],
    [soon, fresh, /^good; source=cache/],
    [fresh, notApplicable('noRevAvail'), /^good; source=ocsp/],
    [notApplicable('noRevAvail'), notApplicable('nocheck'), /^not-applicable; reason=noRevAvail$/],
    [fresh, notApplicable('noResponder'), /^not-applicable; reason=noResponder$/],
    [notApplicable('noResponder'), indeterminate('OVERLOADED'), /^indeterminate; reason=OCSP_ERR_OVERLOADED$/],
    [indeterminate('OVERLOADED'), unknown, /^unknown; source=ocsp/]
  ]
  for (const [ofLeaf, ofMiddle, field] of cases) {
    const forward = await forwardWith({ mode: 'soft', forward_client_cert: 'leaf' }, ({ certificate }) => certificate === leaf.certificate ? ofLeaf : ofMiddle)
    t.match((await forward(mutualTls(chain))).fields[2], field)
  }
})

t.test('what a verdict comes to is worked out anew when it changes', async t => {
  let verdict: ClientVerdict = fresh
  const forward = await forwardWith({ mode: 'soft', forward_client_cert: 'leaf' }, () => verdict)
  const client = { ...verified }
  const words: unknown[] = []
  for (const next of [fresh, fresh, unknown, indeterminate('OVERLOADED'), fresh]) {
    verdict = next
    words.push((await forward(mutualTls({ client }))).fields[2]?.split(';')[0])
  }
  t.strictSame(words, ['good', 'good', 'unknown', 'indeterminate', 'good'])
})

t.test('the connection depends on all that was asked about, as the settings have it now', async t => {
  const told: string[][] = []
  const { admit } = await runPlugin('ocsp-stapling', {}, { now: () => nowMs, checkClient: () => good })
  const client = { ...verified }
  const dependOn = (certificates: ReadonlyArray<{ readonly fingerprint: string }>): void => { told.push(certificates.map(({ fingerprint }) => fingerprint)) }
  for (const ssl of [chain.ssl, chain.ssl, mutualTls().tls?.ssl, off.ssl]) await admit?.(mutualTls({ client, dependOn, ...(ssl === undefined ? {} : { ssl }) }))
  t.strictSame(told, [[leaf.certificate.fingerprint, middle.certificate.fingerprint], [leaf.certificate.fingerprint]])
})

t.test('the facts are variables, for those who are refused too', async t => {
  const catalog = await loadPlugins(['ocsp-stapling'], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
  const read = (request: RequestContext) => Object.fromEntries([...catalog.variables].map(([name, reader]) => [name.replace('ocsp_client_', ''), reader(request)]))
  const after = async (verdict: Verdict, request = mutualTls(), mode = 'hard') => read((await (await forwardWith({ mode }, verdict))(request)).request)
  const nothing = { status: undefined, reason: undefined, source: undefined, checked: undefined, next: undefined }
  t.strictSame(await after(fresh), { status: 'good', reason: undefined, source: 'ocsp', checked: '1782863909', next: '1782867600' })
  t.strictSame(await after({ ...revoked, source: 'cache', checkedAtMs }), { status: 'revoked', reason: undefined, source: 'cache', checked: '1782863909', next: '1782867600' })
  t.strictSame(await after(indeterminate('HTTP_STATUS')), { ...nothing, status: 'indeterminate', reason: 'OCSP_ERR_HTTP_STATUS' })
  t.strictSame(await after(fresh, mutualTls(off)), { ...nothing, status: 'not-checked' })
  t.strictSame(await after(fresh, mutualTls({ client: undefined })), nothing)
  t.strictSame(read(fakeRequest()), nothing, 'before the plugin ran')
})

t.test('no client may send these fields while the plugin is loaded; where proxies write them, the route that forwards drops them', async t => {
  const { log } = recordLog()
  const reservedBy = async (attr: object) => (await loadPlugins(['ocsp-stapling'], { baseDir: import.meta.dirname, attrs: { 'ocsp-stapling': attr }, log })).reservedFields
  t.strictSame(await reservedBy({}), names)
  t.strictSame(await reservedBy({ strip_client_cert_fields: false }), [])

  const smuggled = ['Client-Cert', ':AA==:', 'client_cert', ':AA==:', 'CLIENT-CERT_CHAIN', ':AA==:', 'X.Client-Cert~Status', 'good', 'Client-Certificate', 'kept', 'Accept', '*/*']
  const keep = await forwardWith({ forward_client_cert: 'leaf' }, fresh, { attr: { strip_client_cert_fields: false } })
  for (const request of [fakeRequest({ fields: smuggled }), mutualTls({ fields: smuggled, client: undefined })]) {
    t.strictSame((await keep(request)).request.upstream.headers.raw, ['Client-Certificate', 'kept', 'Accept', '*/*'])
  }
  t.strictSame((await keep(mutualTls({ fields: smuggled }))).fields, [sequence(leaf.certDer), '', 'good; source=ocsp; checked=1782863909; next=1782867600'])
  const unconcerned = await forwardWith({}, fresh, { attr: { strip_client_cert_fields: false } })
  t.strictSame((await unconcerned(fakeRequest({ fields: smuggled }))).request.upstream.headers.raw, smuggled, 'a route that does not forward leaves a proxy its word')
})

t.test('a field is the same in every spelling that an upstream may take for it', async t => {
  const isReserved = createFieldMatcher(['Client-Cert', 'X-Client-Cert-Status'])
  const spellings = ['Client-Cert', 'client-cert', 'CLIENT_CERT', 'client.cert', 'x_client-cert_status', "X'Client`Cert!Status"]
  for (const name of spellings) t.equal(isReserved(name), true, name)
  for (const name of ['', 'ClientCert', 'Client-Certs', 'Client-Cern', 'x-client-cert', 'client--cert', 'Clíent-Cert']) t.equal(isReserved(name), false, name)
  t.equal(createFieldMatcher([])('Client-Cert'), false)
  const list = new HeaderList(['A', '1', 'client-cert', '2', 'B', '3', 'Client_Cert', '4'])
  list.deleteWhere(isReserved)
  t.strictSame(list.raw, ['A', '1', 'B', '3'])
})
