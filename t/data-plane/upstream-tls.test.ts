import type { ServerResponse } from 'node:http'
import type { Server, TLSSocket } from 'node:tls'
import { createServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { judgeUpstreamStaple } from '../../packages/data-plane/src/upstream/tls/judge-staple.ts'
import { createOcspDer } from './upstream-staple.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

const hourMs = 3_600_000
const authority = createAuthority({ name: 'Upstream CA' })

interface Node {
  readonly node: string
  staple: Buffer | undefined
  readonly handshakes: Array<{ readonly resumed: boolean }>
  readonly endConnections: () => void
}

/** An https server that staples what it is told to. */
async function startNode (t: Test, issued: Issued, sendChain = issued.chainPem): Promise<Node> {
  const server = createServer({ cert: sendChain, key: issued.keyPem }, (request, response: ServerResponse) => {
    response.end(JSON.stringify({ sni: (request.socket as TLSSocket).servername })) // of an https server
  })
  const node = { node: '', staple: undefined as Buffer | undefined, handshakes: [] as Array<{ resumed: boolean }>, endConnections: () => server.closeAllConnections() }
  ;(server as Server).on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, node.staple as Buffer)) // undefined is no staple
  server.on('secureConnection', socket => node.handshakes.push({ resumed: socket.isSessionReused() }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  node.node = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return node
}

async function serve (t: Test, node: Node, tls: object, more: object = {}, commons: object = {}) {
  const gateway = await startHttpGateway({
    routes: [{ uri: '/*', upstream: { scheme: 'https', nodes: { [node.node]: 1 }, pass_host: 'rewrite', upstream_host: 'up.test', tls, ...more } as never }], // the schema fills in the rest
    upstreams: commons
  })
  t.teardown(() => gateway.close())
  return gateway
}

const leafOf = (ca: Authority = authority, options: object = {}) => ca.issue({ subject: 'up.test', sans: ['up.test'], ...options })
const failureOf = (lines: ReadonlyArray<Record<string, unknown>>) => (lines.find(({ msg }) => msg === 'upstream request failed')?.['err'] as { code?: string } | undefined)?.code

t.test('verify: who signed it, for which name, until when', async t => {
  const other = createAuthority({ name: 'Another CA' })
  const cases: ReadonlyArray<readonly [what: string, issued: Issued, status: number]> = [
    ['as it should be', leafOf(), 200],
    ['of another CA', leafOf(other), 502],
    ['for another name', leafOf(authority, { sans: ['other.test'] }), 502],
    ['expired', leafOf(authority, { notBeforeMs: Date.now() - 2 * hourMs, notAfterMs: Date.now() - hourMs }), 502]
  ]
  for (const [what, issued, status] of cases) {
    const node = await startNode(t, issued)
    const gateway = await serve(t, node, { verify: true, ca: authority.certPem })
    t.equal((await ask(gateway.port)).status, status, what)
    const trusting = await serve(t, node, { verify: false })
    t.equal((await ask(trusting.port)).status, 200, `${what}, not verified`)
  }
})

t.test('without CAs of its own an upstream is verified with those of the gateway', async t => {
  const node = await startNode(t, leafOf())
  const trusting = await serve(t, node, { verify: true }, {}, { trustedCaPem: authority.certPem })
  t.equal((await ask(trusting.port)).status, 200)
  const own = await serve(t, node, { verify: true, ca: createAuthority().certPem }, {}, { trustedCaPem: authority.certPem })
  t.equal((await ask(own.port)).status, 502, 'its own take their place')
})

t.test('the name is that of the upstream host, or of the address where there is none', async t => {
  const node = await startNode(t, leafOf())
  const verifying = { verify: true, ca: authority.certPem }
  const passing = await serve(t, node, verifying, { pass_host: 'pass' })
  t.match(await ask(passing.port, { headers: { Host: 'UP.test:8443' } }), { status: 200, body: '"sni":"up.test"' })
  t.equal((await ask(passing.port, { headers: { Host: 'other.test' } })).status, 502)
  const toAddress = await serve(t, node, verifying, { pass_host: 'node' })
  t.equal((await ask(toAddress.port)).status, 502, 'the certificate is for no address')
})

t.test('a chain through an intermediate is verified', async t => {
  const intermediate = createAuthority({ name: 'Intermediate', parent: authority })
  const issued = leafOf(intermediate)
  const node = await startNode(t, issued)
  node.staple = createOcspDer(issued, intermediate)
  const gateway = await serve(t, node, { verify: true, ca: authority.certPem, ocsp: 'required' })
  t.equal((await ask(gateway.port)).status, 200)
})

t.test('the staple decides: required, if_present, off', async t => {
  const issued = leafOf()
  const mustStaple = leafOf(authority, { mustStaple: true })
  const impostor = createAuthority({ name: 'Upstream CA' })
  const good = createOcspDer(issued, authority)
  type Case = readonly [what: string, leaf: Issued, staple: Buffer | undefined, required: number, ifPresent: number, code: string | undefined]
  const cases: readonly Case[] = [
    ['good', issued, good, 200, 200, undefined],
    ['none', issued, undefined, 502, 200, 'PROXY_ERR_UPSTREAM_STAPLE_MISSING'],
    ['none, and it must be', mustStaple, undefined, 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_MISSING'],
    ['revoked', issued, createOcspDer(issued, authority, { status: 'revoked' }), 502, 502, 'PROXY_ERR_UPSTREAM_REVOKED'],
    ['unknown', issued, createOcspDer(issued, authority, { status: 'unknown' }), 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_INVALID'],
    ['expired', issued, createOcspDer(issued, authority, { thisUpdateMs: Date.now() - 3 * hourMs, nextUpdateMs: Date.now() - hourMs }), 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_INVALID'],
    ['signed by somebody else', issued, createOcspDer(issued, impostor), 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_INVALID'],
    ['of another certificate', issued, createOcspDer(leafOf(), authority), 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_INVALID'],
    ['no OCSP at all', issued, Buffer.from('not DER'), 502, 502, 'PROXY_ERR_UPSTREAM_STAPLE_INVALID']
  ]
  for (const [what, leaf, staple, required, ifPresent, code] of cases) {
    const node = await startNode(t, leaf)
    node.staple = staple
    for (const [ocsp, status] of [['required', required], ['if_present', ifPresent], ['off', 200], [undefined, 200]] as const) {
      const gateway = await serve(t, node, { verify: true, ca: authority.certPem, ...(ocsp === undefined ? {} : { ocsp }) })
      t.equal((await ask(gateway.port)).status, status, `${what}, ${ocsp}`)
      t.equal(failureOf(gateway.lines), status === 200 ? undefined : code, `${what}, ${ocsp}: the log`)
    }
  }
})

t.test('what staples said is counted', async t => {
  const issued = leafOf()
  const node = await startNode(t, issued)
  const gateway = await serve(t, node, { verify: true, ca: authority.certPem, ocsp: 'required' }, { retries: 0, keepalive_pool: { size: 1, idle_timeout: 60, requests: 1 } })
  for (const staple of [createOcspDer(issued, authority), undefined, createOcspDer(issued, authority, { status: 'revoked' }), Buffer.from('x')]) {
    node.staple = staple
    await ask(gateway.port)
  }
  const text = await gateway.upstreams.metrics.metrics()
  for (const result of ['good', 'missing', 'revoked', 'OCSP_ERR_MALFORMED']) t.match(text, `upstream_ocsp_total{result="${result}"} 1`)
})

t.test('with a staple to be judged no session is resumed, so that each connection has one', async t => {
  const issued = leafOf()
  const node = await startNode(t, issued)
  node.staple = createOcspDer(issued, authority)
  const each = { keepalive_pool: { size: 1, idle_timeout: 60, requests: 1 } }
  const judging = await serve(t, node, { verify: true, ca: authority.certPem, ocsp: 'required' }, each)
  for (let times = 0; times < 3; times++) t.equal((await ask(judging.port)).status, 200)
  t.same(node.handshakes.splice(0).map(({ resumed }) => resumed), [false, false, false])
  const resuming = await serve(t, node, { verify: true, ca: authority.certPem }, each)
  for (let times = 0; times < 2; times++) t.equal((await ask(resuming.port)).status, 200)
  t.same(node.handshakes.map(({ resumed }) => resumed), [false, true])
})

t.test('a kept connection takes no new request once its staple has ended', async t => {
  const issued = leafOf()
  const node = await startNode(t, issued)
  const clock = { nowMs: Date.now() }
  node.staple = createOcspDer(issued, authority, { nextUpdateMs: clock.nowMs + hourMs })
  const gateway = await serve(t, node, { verify: true, ca: authority.certPem, ocsp: 'required' }, {}, { now: () => clock.nowMs })
  for (let times = 0; times < 2; times++) t.equal((await ask(gateway.port)).status, 200)
  t.equal(node.handshakes.length, 1)
  clock.nowMs += hourMs
  node.staple = createOcspDer(issued, authority, { status: 'revoked', nextUpdateMs: clock.nowMs + hourMs })
  t.equal((await ask(gateway.port)).status, 502, 'revoked meanwhile')
})

t.test('another node is asked when one is refused', async t => {
  const issued = leafOf()
  const [bad, fine] = [await startNode(t, issued), await startNode(t, issued)]
  fine.staple = createOcspDer(issued, authority)
  const gateway = await serve(t, bad, { verify: true, ca: authority.certPem, ocsp: 'required' }, { nodes: { [bad.node]: 1, [fine.node]: 1 } })
  for (let times = 0; times < 2; times++) t.equal((await ask(gateway.port)).status, 200)
})

t.test('a certificate that cannot be read is no good, whatever is stapled', async t => {
  t.match(judgeUpstreamStaple({ mode: 'if_present', staple: undefined, leafDer: Buffer.from('x'), issuersDer: [], nowMs: 0 }), { kind: 'refused', result: 'OCSP_ERR_MALFORMED' })
  const issued = leafOf()
  t.match(judgeUpstreamStaple({ mode: 'required', staple: createOcspDer(issued, authority), leafDer: issued.certDer, issuersDer: [Buffer.from('x')], nowMs: Date.now() }), { kind: 'refused', result: 'OCSP_ERR_ISSUER_NOT_FOUND' })
})
