import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createShare, loadPlugins, startPlugins, type PluginPhases, type RequestOutcome } from '@clinch/plugins'
import { Registry } from 'prom-client'
import t, { type Test } from 'tap'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'
import { noMachine } from '../support/machine-link.ts'
import { createAuthority } from '../support/pki.ts'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

const outcome: RequestOutcome = { status: 200, source: 'upstream', durationMs: 1, upstreamMs: 1, requestBytes: 0, responseBytes: 0 }

interface Post {
  readonly method: string
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server that takes log entries. @param statuses - of its answers, the last for all that follow; 0: none */
async function startLogServer (t: Test, { statuses = [200], tls }: { statuses?: readonly number[], tls?: { cert: string, key: string } } = {}) {
  const posts: Post[] = []
  const server = (tls === undefined ? createServer() : createTlsServer(tls)).on('request', (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => {
      posts.push({ method: request.method ?? '', target: request.url ?? '', headers: request.headers, body })
      const status = statuses[posts.length - 1] ?? statuses.at(-1) ?? 200
      if (status > 0) response.writeHead(status).end('thanks')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return { posts, port, uri: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` }
}

function logRequests ({ log }: PluginPhases, names: readonly string[]): void {
  for (const n of names) log?.(fakeRequest({ variables: { n, server_addr: '192.0.2.80' } }), outcome)
}

const format = { log_format: { n: '$n' } }

t.test('a batch of one is an object, posted at once', async t => {
  const { posts, uri, port } = await startLogServer(t)
  const phases = await runPlugin('http-logger', { uri: `${uri}?token=x`, auth_header: 'Basic abc', batch_max_size: 1, ...format })
  t.teardown(() => phases.close?.())
  logRequests(phases, ['a', 'b'])
  await until(() => posts.length === 2)
  t.same(posts.map(({ body }) => JSON.parse(body) as unknown), [{ n: 'a', route_id: 'no-matched' }, { n: 'b', route_id: 'no-matched' }])
  t.match(posts[0], { method: 'POST', target: '/?token=x', headers: { authorization: 'Basic abc', 'content-type': 'application/json', host: `127.0.0.1:${port}` } })
})

t.test('larger batches are an array, or a line each', async t => {
  const { posts, uri } = await startLogServer(t)
  const json = await runPlugin('http-logger', { uri: `${uri}/json`, batch_max_size: 2, ...format })
  const lines = await runPlugin('http-logger', { uri: `${uri}/lines`, batch_max_size: 2, concat_method: 'new_line', ...format })
  t.teardown(() => [json, lines].forEach(({ close }) => close?.()))
  logRequests(json, ['a', 'b'])
  await until(() => posts.length === 1)
  logRequests(lines, ['a', 'b'])
  await until(() => posts.length === 2)
  t.equal(posts[0]?.body, '[{"route_id":"no-matched","n":"a"},{"route_id":"no-matched","n":"b"}]')
  t.equal(posts[1]?.body, '{"route_id":"no-matched","n":"a"}\n{"route_id":"no-matched","n":"b"}')
  t.match(posts[1], { target: '/lines', headers: { 'content-type': 'text/plain' } })
})

t.test('a buffer that is not full is sent after the inactive timeout', async t => {
  const { posts, uri } = await startLogServer(t)
  const phases = await runPlugin('http-logger', { uri, batch_max_size: 2, inactive_timeout: 1, ...format })
  t.teardown(() => phases.close?.())
  logRequests(phases, ['a'])
  await until(() => posts.length === 1)
  t.equal(posts[0]?.body, '[{"route_id":"no-matched","n":"a"}]')
})

t.test('a server that fails is tried again, then the batch is dropped', async t => {
  const { posts, uri } = await startLogServer(t, { statuses: [500, 200, 404] })
  const recorder = recordLog()
  const phases = await runPlugin('http-logger', { uri, batch_max_size: 1, max_retry_count: 1, retry_delay: 0, ...format }, { recorder })
  t.teardown(() => phases.close?.())
  logRequests(phases, ['a'])
  await until(() => posts.length === 2)
  logRequests(phases, ['b'])
  await until(() => recorder.messages(50).length === 1)
  t.same(posts.map(({ body }) => (JSON.parse(body) as { n: string }).n), ['a', 'a', 'b', 'b'])
  t.same(recorder.messages(50), ['Batch Processor[http logger] exceeded the max_retry_count[1] dropping the entries'])
  t.match(recorder.lines.filter(({ err }) => err !== undefined), [{ err: { code: 'PLUGIN_ERR_LOG_SERVER', message: 'the log server answered 500' } }, {}, {}])
})

t.test('a server that says nothing is given up after the timeout, and so is one that is not there', async t => {
  const { posts, uri } = await startLogServer(t, { statuses: [0] })
  for (const target of [uri, 'http://127.0.0.1:1']) {
    const recorder = recordLog()
    const phases = await runPlugin('http-logger', { uri: target, timeout: 1, batch_max_size: 1, ...format }, { recorder })
    t.teardown(() => phases.close?.())
    logRequests(phases, ['a'])
    await until(() => recorder.messages(50).length === 1)
    t.match(recorder.messages(50), [/max_retry_count\[0\]/])
  }
  t.equal(posts.length, 1)
})

t.test('a certificate is verified where that is wanted, and the operator is warned where it is not', async t => {
  const { chainPem: cert, keyPem: key } = createAuthority().issue({ sans: ['127.0.0.1'] })
  const { posts, uri } = await startLogServer(t, { tls: { cert, key } })
  const recorder = recordLog()
  const trusting = await runPlugin('http-logger', { uri, batch_max_size: 1, ...format }, { recorder })
  logRequests(trusting, ['a'])
  await until(() => posts.length === 1)
  t.same(recorder.messages(40), ['Keeping ssl_verify disabled in http-logger configuration is a security risk'])
  const verifying = await runPlugin('http-logger', { uri, batch_max_size: 1, ssl_verify: true, ...format }, { recorder })
  t.teardown(() => [trusting, verifying].forEach(({ close }) => close?.()))
  logRequests(verifying, ['b'])
  await until(() => recorder.messages(50).length === 1)
  t.equal(posts.length, 1)
})

t.test('what waits is sent when the configuration goes, and counted until then', async t => {
  const { posts, uri } = await startLogServer(t)
  const metrics = new Registry()
  const phases = await runPlugin('http-logger', { uri, ...format }, { metrics })
  logRequests(phases, ['a', 'b', 'c'])
  t.match(await metrics.metrics(), 'x_batch_process_entries{name="http logger",route_id="1",server_addr="192.0.2.80"} 3')
  t.equal(posts.length, 0)
  phases.close?.()
  await until(() => posts.length === 1)
  t.equal((JSON.parse(posts[0]?.body ?? '') as unknown[]).length, 3)
  await until(async () => !(await metrics.metrics()).includes('route_id'))
})

t.test('what waits is sent before the gateway ends', async t => {
  const { posts, uri } = await startLogServer(t)
  const { log } = recordLog()
  const catalog = await loadPlugins(['http-logger'], { baseDir: import.meta.dirname, attrs: {}, log })
  const started = await startPlugins(catalog, {
    log,
    now: Date.now,
    metrics: new Registry(),
    metricPrefix: '',
    metadataOf: () => undefined,
    tlsPorts: [],
    machineOf: () => noMachine,
    share: createShare(),
    ocsp: { checkClient: () => { throw new Error('unasked') }, findIssuer: () => undefined, rememberIssuers: () => {} },
    openLogFile: () => { throw new Error('unasked') }
  })
  const loaded = catalog.get('http-logger')
  const checked = loaded?.checkConf({ uri, ...format })
  if (loaded === undefined || checked?.kind !== 'valid') throw new Error('not loaded')
  const phases = loaded.plugin.create(checked.conf, { ...started.hostOf('http-logger'), compileUpstream: () => { throw new Error('unasked') } }, { ownerKey: 'routes/1' })
  logRequests(phases, ['a'])
  await started.close()
  t.equal(posts.length, 1)
  phases.close?.()
})

t.test('a configuration that could not work is refused', async t => {
  const uri = 'http://127.0.0.1:1'
  const cases: ReadonlyArray<readonly [conf: unknown, complaint: RegExp]> = [
    [{}, /property "uri" is required/],
    [{ uri: 'localhost' }, /property "uri" validation failed: failed to match pattern/],
    [{ uri: 'ftp://localhost' }, /property "uri" validation failed: it must be the URL of an HTTP server/],
    [{ uri: 'http://localhost:99999' }, /property "uri" validation failed: it must be the URL of an HTTP server/],
    [{ uri, auth_header: 'a\nb' }, /property "auth_header" validation failed/],
    [{ uri, timeout: 0 }, /property "timeout" validation failed: expected 0 to be at least 1/],
    [{ uri, concat_method: 'xml' }, /property "concat_method" validation failed: matches none of the enum values/],
    [{ uri, batch_max_size: 0 }, /property "batch_max_size" validation failed: expected 0 to be at least 1/],
    [{ uri, include_req_body: true, include_req_body_expr: [['a', 'like', 1]] }, /^failed to validate the 'include_req_body_expr' expression: invalid operator 'like'/]
  ]
  for (const [conf, complaint] of cases) t.match(await complaintAbout('http-logger', conf), complaint)
  t.equal(await complaintAbout('http-logger', { uri: 'http://[::1]:80/x?y' }), undefined)
})
