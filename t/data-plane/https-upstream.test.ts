import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createAuthority } from '../support/pki.ts'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

async function serve (t: Test, upstream: object, serverOptions: object = {}) {
  const authority = createAuthority()
  const issued = authority.issue({ subject: 'upstream.test' })
  const client = authority.issue({ subject: 'gateway.test' })
  const node = await startUpstream({
    tls: { cert: issued.chainPem, key: issued.keyPem, ca: authority.certPem, ...serverOptions },
    handler (request, response) {
      const socket = request.socket as TLSSocket // of an https server
      response.end(JSON.stringify({ sni: socket.servername, resumed: socket.isSessionReused(), client: socket.getPeerCertificate().subject?.CN }))
    }
  })
  t.teardown(() => node.close())
  const gateway = await startHttpGateway({
    routes: [{
      uri: '/*',
      upstream: {
        scheme: 'https',
        nodes: { [node.node]: 1 },
        ...upstream,
        ...('tls' in upstream && upstream.tls === 'client' ? { tls: { client_cert: client.certPem, client_key: client.keyPem } } : {})
      } as never // the schema checks it
    }]
  })
  t.teardown(() => gateway.close())
  return { node, gateway, port: gateway.port }
}

t.test('an upstream over TLS is told the host in its SNI, and its certificate is not judged', async t => {
  const { port } = await serve(t, {})
  t.match(await ask(port, { headers: { Host: 'client.test:99' } }), { status: 200, body: '"sni":"client.test"' })
  const rewriting = await serve(t, { pass_host: 'rewrite', upstream_host: 'inner.test' })
  t.match(await ask(rewriting.port), { body: '"sni":"inner.test"' })
})

t.test('an address is no name for SNI', async t => {
  const { port } = await serve(t, { pass_host: 'node' })
  t.match(await ask(port), { status: 200, body: '"sni":false' })
})

t.test('connections are kept by name', async t => {
  const { port, node } = await serve(t, {})
  for (const host of ['a.test', 'b.test', 'a.test', 'b.test']) t.match(await ask(port, { headers: { Host: host } }), { body: `"sni":"${host}"` })
  t.equal(node.connections(), 2)
})

t.test('a new connection resumes the session of an earlier one', async t => {
  const { port } = await serve(t, { keepalive_pool: { size: 1, idle_timeout: 60, requests: 1 } })
  const headers = { Host: 'a.test' }
  t.match(await ask(port, { headers }), { body: '"resumed":false' })
  t.match(await ask(port, { headers }), { body: '"resumed":true' })
})

t.test('verify refuses a certificate that nobody vouches for', async t => {
  const { port, gateway } = await serve(t, { tls: { verify: true } })
  t.match(await ask(port), { status: 502 })
  t.match(gateway.lines, [{ msg: 'upstream request failed', source: 'upstream' }])
})

t.test('a client certificate is presented', async t => {
  const { port } = await serve(t, { tls: 'client' }, { requestCert: true })
  t.match(await ask(port), { status: 200, body: '"client":"gateway.test"' })
})
