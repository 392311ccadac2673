import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { mkdtemp, rm } from 'node:fs/promises'
import { credentials, Metadata, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { request } from 'undici'
import t from 'tap'
import { createDnsServer } from '../support/dns-server.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { grpcClient, startGrpcServer } from '../support/grpc.ts'
import { createAuthority } from '../support/pki.ts'
import { startUpstream } from '../support/upstream.ts'
import { createOcspDer } from '../data-plane/upstream-staple.ts'

t.test('names are resolved by apisix.dns_resolver', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const zone: Record<string, string[]> = { 'node.test': ['127.0.0.1'] }
  const dns = await createDnsServer(name => zone[name] === undefined ? {} : { a: zone[name], ttl: 60 })
  t.teardown(() => dns.close())
  const gateway = await TestGateway.start(t, { workers: 1, config: { apisix: { node_listen: 0, ssl: { enable: false }, control: { port: 0 }, dns_resolver: [dns.server], dns_resolver_valid: 1, enable_resolv_search_opt: false } } })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream: { nodes: { [`node.test:${upstream.port}`]: 1 }, pass_host: 'node' } })
  const statusOf = async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode
  await until(async () => await statusOf() === 200)
  const { questions } = dns
  t.same(questions[0], 'A node.test')
  const before = questions.length
  await until(async () => {
    t.equal(await statusOf(), 200)
    return questions.length > before
  })
  delete zone['node.test']
  await until(async () => { // a name that nobody uses is not asked for again
    t.equal(await statusOf(), 200, 'the last good address goes on being used')
    return gateway.output.includes('dns resolver domain: node.test error:')
  })
})

t.test('an upstream is verified with apisix.ssl.ssl_trusted_certificate, and by its staple', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-trust-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const authority = createAuthority()
  await writeFile(join(folder, 'ca.pem'), authority.certPem)
  const issued = authority.issue({ subject: 'up.test', sans: ['up.test'] })
  let staple: Buffer | undefined = createOcspDer(issued, authority)
  const server = createServer({ cert: issued.chainPem, key: issued.keyPem }, (_request, response) => { response.end('fine') })
  server.on('OCSPRequest', (_certificate: Buffer, _issuer: Buffer, answer: (err: null, staple: Buffer) => void) => answer(null, staple as Buffer)) // undefined is no staple
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['prometheus'], config: { apisix: { node_listen: 0, ssl: { enable: false, ssl_trusted_certificate: join(folder, 'ca.pem') }, control: { port: 0 } } } })
  await gateway.admin('PUT', 'upstreams/1', {
    scheme: 'https', nodes: { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 }, pass_host: 'rewrite', upstream_host: 'up.test', tls: { verify: true, ocsp: 'required' }, keepalive_pool: { size: 1, idle_timeout: 60, requests: 1 }
  })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream_id: '1' })
  const statusOf = async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode
  await until(async () => await statusOf() === 200)
  staple = createOcspDer(issued, authority, { status: 'revoked' })
  t.equal(await statusOf(), 502)
  await gateway.logged('PROXY_ERR_UPSTREAM_REVOKED')
  staple = undefined
  t.equal(await statusOf(), 502)
  await gateway.logged('PROXY_ERR_UPSTREAM_STAPLE_MISSING')
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  const metrics = await (await request(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
  for (const line of ['upstream_ocsp_total{result="revoked"} 1', 'upstream_ocsp_total{result="missing"} 1']) t.match(metrics, line)
})

t.test('a gRPC client calls through, over TLS and over a plain port', async t => {
  const authority = createAuthority()
  const edge = authority.issue({ subject: 'edge.test', sans: ['edge.test'] })
  const server = await startGrpcServer(t, {
    Unary (call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) { done(null, `${call.request} by ${call.getHost()}`) }
  })
  const gateway = await TestGateway.start(t, { workers: 1 })
  await gateway.admin('PUT', 'ssls/1', { cert: edge.chainPem, key: edge.keyPem, snis: ['edge.test'] })
  await gateway.admin('PUT', 'routes/1', { uri: '/test.Echo/*', upstream: { scheme: 'grpc', nodes: { [server.node]: 1 } } })
  const secure = grpcClient(t, `127.0.0.1:${gateway.httpsPort}`, credentials.createSsl(Buffer.from(authority.certPem)), { 'grpc.ssl_target_name_override': 'edge.test', 'grpc.default_authority': 'edge.test' })
  const plain = grpcClient(t, `127.0.0.1:${gateway.httpPort}`, undefined, { 'grpc.default_authority': 'plain.test' })
  const call = async (client: typeof plain) => await new Promise<string>((resolve, reject) => {
    client.Unary('hello', new Metadata(), { deadline: Date.now() + 5000 }, (err, answer) => { if (err === null) resolve(answer ?? ''); else reject(err) })
  })
  await until(async () => await call(secure).then(() => true, () => false))
  t.equal(await call(secure), 'hello by edge.test')
  t.equal(await call(plain), 'hello by plain.test')
})
