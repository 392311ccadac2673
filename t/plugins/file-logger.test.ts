import { gzipSync, brotliCompressSync } from 'node:zlib'
import type { RequestOutcome } from '@clinch/plugins'
import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { fakeRequest, fakeResponse, type FakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin, type Surroundings } from './run-plugin.ts'

const outcome: RequestOutcome = { status: 200, source: 'upstream', durationMs: 12.3456789, upstreamMs: 10, requestBytes: 0, responseBytes: 5 }

interface Written {
  readonly path: string
  readonly line: string
}

/** What the plugin appends to which file, and which of them it let go. */
function fakeFiles () {
  const written: Written[] = []
  const released: string[] = []
  const openLogFile = (path: string) => ({ write: (line: string) => { written.push({ path, line }) }, release: () => { released.push(path) } })
  return { written, released, openLogFile }
}

async function entryOf (conf: object, request: FakeRequest, { chunks = [], ...surroundings }: Surroundings & { chunks?: readonly Buffer[] } = {}): Promise<Record<string, unknown>> {
  const { written, openLogFile } = fakeFiles()
  const phases = await runPlugin('file-logger', { path: 'a.log', ...conf }, { openLogFile, ...surroundings })
  const context = fakeRequest(request)
  await phases.access?.(context)
  chunks.forEach((chunk, at) => t.equal(phases.bodyFilter?.(context, chunk, at === chunks.length - 1), chunk, 'the body goes on as it is'))
  phases.log?.(context, outcome)
  return JSON.parse(written[0]?.line ?? '{}') as Record<string, unknown>
}

const request: FakeRequest = {
  method: 'GET',
  target: '/a%20b?x=1&x=2&flag&n%61me=a+b',
  query: 'x=1&x=2&flag&n%61me=a+b',
  startedAtMs: 1_700_000_000_123.5,
  fields: ['Host', 'gateway.test', 'Accept', 'a', 'accept', 'b', 'Authorization', 'Bearer secret', 'Cookie', 'session=secret', 'apikey', 'secret'],
  sentHead: fakeResponse(['Content-Type', 'text/plain', 'Set-Cookie', 'secret=1', 'Set-Cookie', 'b=2']),
  receivedBytes: 321,
  sentBytes: 456,
  variables: { upstream_addr: '127.0.0.1:1980, 127.0.0.1:1981', consumer_name: 'jack' },
  route: { id: '7', service_id: '3' } as never
}

t.test('the default entry has what APISIX logs, without credentials', async t => {
  const entry = await entryOf({}, request)
  t.match(entry, {
    request: {
      url: 'http://gateway.test:9080/a%20b?x=1&x=2&flag&n%61me=a+b',
      uri: '/a%20b?x=1&x=2&flag&n%61me=a+b',
      method: 'GET',
      headers: { host: 'gateway.test', accept: ['a', 'b'], authorization: '[redacted]', cookie: '[redacted]', apikey: '[redacted]' },
      querystring: { x: ['1', '2'], flag: true, name: 'a b' },
      size: 321
    },
    response: { status: 200, headers: { 'content-type': 'text/plain', 'set-cookie': ['[redacted]', '[redacted]'] }, size: 456 },
    server: { hostname: String, version: /^\d+\.\d+/ },
    upstream: '127.0.0.1:1980, 127.0.0.1:1981',
    service_id: '3',
    route_id: '7',
    client_ip: '192.0.2.1',
    start_time: 1_700_000_000_123,
    latency: 12.346,
    upstream_latency: 10,
    apisix_latency: 2.346
  })
  t.notMatch(JSON.stringify(entry), /secret/)
  t.notOk('consumer' in entry || 'body' in (entry['request'] as object))
})

t.test('without a route the host stands for the service, and what was not proxied has no upstream', async t => {
  const entry = await entryOf({}, { host: 'other.test', consumer: { username: 'jack', credentialId: undefined, groupId: undefined, labels: {}, conf: {} } })
  t.match(entry, { service_id: 'other.test', consumer: { username: 'jack' }, response: { headers: {} } })
  t.notOk('route_id' in entry || 'upstream' in entry)
})

t.test('the metadata says which header fields are left out', async t => {
  const { request: logged } = await entryOf({}, request, { metadata: { redact_headers: ['Accept'] } })
  t.match(logged, { headers: { authorization: 'Bearer secret', accept: ['[redacted]', '[redacted]'] } })
})

t.test('header text that is UTF-8 is logged as such, names of clients do no harm', async t => {
  const fields = ['X-Name', Buffer.from('Zoë').toString('latin1'), 'X-Old', 'Zo\xeb', '__proto__', 'x']
  const entry = await entryOf({}, { fields, query: '__proto__=1&constructor=2' })
  t.match(entry, { request: { headers: { 'x-name': 'Zoë', 'x-old': 'Zo\xeb' } } })
  const { headers, querystring } = entry['request'] as { headers: object, querystring: object }
  t.equal(Object.getOwnPropertyDescriptor(headers, '__proto__')?.value, 'x')
  t.same(Object.keys(querystring), ['__proto__', 'constructor'])
})

t.test('a format has variables, constants and members below them, to a depth of five', async t => {
  const recorder = recordLog()
  const format = {
    who: '$remote_addr',
    fixed: 'text',
    number: 3,
    yes: true,
    none: '$there_is_none',
    list: ['$consumer_name', 1, '$there_is_none'],
    l2: { l3: { l4: { l5: { ok: '$consumer_name', l6: { gone: 1 } } } } }
  }
  t.same(await entryOf({ log_format: format }, { ...request, variables: { remote_addr: '192.0.2.1', consumer_name: 'jack' } }, { recorder }), {
    who: '192.0.2.1', fixed: 'text', number: 3, yes: true, list: ['jack', 1], l2: { l3: { l4: { l5: { ok: 'jack', l6: {} } } } }, route_id: '7', service_id: '3'
  })
  t.match(recorder.messages(40), [/nested too deeply/])
  t.same(await entryOf({ log_format: { a: 1 } }, {}), { a: 1 })
})

t.test('the format of the configuration comes before that of the metadata, which comes before the default', async t => {
  const metadata = { log_format: { from: 'metadata' }, log_format_extra: { never: 1 } }
  t.same(await entryOf({ log_format: { from: 'conf' } }, {}, { metadata }), { from: 'conf' })
  t.same(await entryOf({}, {}, { metadata }), { from: 'metadata' })
  t.match(await entryOf({}, {}, { metadata: { log_format: {} } }), { client_ip: '192.0.2.1' })
})

t.test('extra members join the default entry and take the place of none', async t => {
  const entry = await entryOf({ log_format_extra: { client_ip: 'mine', env: '$consumer_name' } }, request, { metadata: { log_format_extra: { other: 1 } } })
  t.match(entry, { client_ip: '192.0.2.1', env: 'jack' })
  t.notOk('other' in entry)
  t.notOk('other' in await entryOf({ log_format_extra: {} }, request, { metadata: { log_format_extra: { other: 1 } } }), 'even an empty one wins')
  t.match(await entryOf({}, request, { metadata: { log_format_extra: { other: 1 } } }), { other: 1 })
})

t.test('a metadata that changes takes effect with the next entry', async t => {
  const { written, released, openLogFile } = fakeFiles()
  let metadata = { path: 'one.log', log_format: { n: 1 } }
  const { log } = await runPlugin('file-logger', {}, { openLogFile, get metadata () { return metadata } })
  log?.(fakeRequest(), outcome)
  metadata = { path: 'two.log', log_format: { n: 2 } }
  log?.(fakeRequest(), outcome)
  t.same(written, [{ path: 'one.log', line: '{"n":1}\n' }, { path: 'two.log', line: '{"n":2}\n' }])
  t.same(released, ['one.log'])
})

t.test('request bodies are kept only where they are wanted, and no longer than allowed', async t => {
  const limits: number[] = []
  const posted: FakeRequest = { collectedBody: Buffer.from('hällo world'), collectBody: limit => { limits.push(limit) }, variables: { request_method: 'POST' } }
  t.notMatch(await entryOf({}, posted), { request: { body: String } })
  t.same(limits, [])
  t.match(await entryOf({ include_req_body: true, max_req_body_bytes: 3 }, posted), { request: { body: 'hä' } })
  t.match(await entryOf({ include_req_body: true, max_req_body_bytes: 2 }, posted), { request: { body: 'h' } }, 'half a character is none')
  t.same(limits, [3, 2])
  const when = (method: string) => ({ include_req_body: true, include_req_body_expr: [['request_method', '==', method]] })
  t.match(await entryOf(when('POST'), posted), { request: { body: 'hällo world' } })
  t.notMatch(await entryOf(when('PUT'), posted), { request: { body: String } })
  t.same(await entryOf({ log_format: { body: '$request_body' } }, posted), { body: 'hällo world' }, 'a format that names it is enough')
})

t.test('response bodies are kept decoded and cut', async t => {
  const text = 'the quick brown fox '.repeat(1000)
  const halves = (body: Buffer) => [body.subarray(0, body.length >> 1), body.subarray(body.length >> 1)]
  const cases = { identity: Buffer.from(text), gzip: gzipSync(text), br: brotliCompressSync(text) }
  for (const [coding, body] of Object.entries(cases)) {
    const sent = { ...request, sentHead: fakeResponse(['Content-Encoding', coding]) }
    t.match(await entryOf({ include_resp_body: true }, sent, { chunks: halves(body) }), { response: { body: text } }, coding)
    t.match(await entryOf({ include_resp_body: true, max_resp_body_bytes: 9 }, sent, { chunks: halves(body) }), { response: { body: 'the quick' } }, `${coding}, cut`)
  }
  const liar = { ...request, sentHead: fakeResponse(['Content-Encoding', 'gzip']) }
  t.match(await entryOf({ include_resp_body: true }, liar, { chunks: [Buffer.from('no gzip at all')] }), { response: { body: '' } })
  const hidden = { include_resp_body: true, include_resp_body_expr: [['status', '>=', 500]] }
  t.notMatch(await entryOf(hidden, { ...request, variables: { status: '200' } }, { chunks: [Buffer.from('x')] }), { response: { body: String } })
  t.same(await entryOf({ include_resp_body: true, log_format: { body: '$resp_body' } }, {}, { chunks: [Buffer.from('x')] }), { body: 'x' })
})

t.test('a body that decodes to very much more is left off', async t => {
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024))
  const before = process.memoryUsage.rss()
  const entry = await entryOf({ include_resp_body: true, max_resp_body_bytes: 10 }, { sentHead: fakeResponse(['Content-Encoding', 'gzip']) }, { chunks: [bomb] })
  t.match(entry, { response: { body: '\0'.repeat(10) } })
  t.ok(process.memoryUsage.rss() - before < 128 * 1024 * 1024)
})

t.test('match chooses what is logged: any rule that holds', async t => {
  const { written, openLogFile } = fakeFiles()
  const { log } = await runPlugin('file-logger', { path: 'a.log', match: [[['arg_name', '==', 'jack']], [['status', '>=', 500]]] }, { openLogFile })
  for (const variables of [{ arg_name: 'jack', status: '200' }, { arg_name: 'rose', status: '200' }, { arg_name: 'rose', status: '502' }]) log?.(fakeRequest({ variables }), outcome)
  t.equal(written.length, 2)
})

t.test('lines end with one line feed and go to the file that is named, which is let go with the configuration', async t => {
  const { written, released, openLogFile } = fakeFiles()
  const { log, close } = await runPlugin('file-logger', { path: 'logs/a.log', log_format: { a: 'line\nfeed' } }, { openLogFile })
  log?.(fakeRequest(), outcome)
  log?.(fakeRequest(), outcome)
  t.same(written, [{ path: 'logs/a.log', line: '{"a":"line\\nfeed"}\n' }, { path: 'logs/a.log', line: '{"a":"line\\nfeed"}\n' }])
  close?.()
  t.same(released, ['logs/a.log'])
})

t.test('without a path of its own the metadata has it; without both the operator is told once', async t => {
  const { written, openLogFile } = fakeFiles()
  const own = await runPlugin('file-logger', { log_format: {} }, { openLogFile, metadata: { path: 'm.log' } })
  own.log?.(fakeRequest(), outcome)
  t.equal(written[0]?.path, 'm.log')
  const recorder = recordLog()
  const none = await runPlugin('file-logger', {}, { openLogFile, recorder })
  none.log?.(fakeRequest(), outcome)
  none.log?.(fakeRequest(), outcome)
  t.same(recorder.messages(50), ['property "path" is not set in either the plugin conf or the metadata'])
  t.equal(written.length, 1)
})

t.test('with a base directory no path leads out of it', async t => {
  const attr = { base_dir: '/var/log/gateway' }
  const complaint = 'property "path" validation failed: it leads out of plugin_attr.file-logger.base_dir'
  for (const path of ['../x.log', '/etc/passwd', '/var/log/gateway', '/var/log/gateway-two/x.log', 'a/../../x.log', '.']) {
    t.equal(await complaintAbout('file-logger', { path }, attr), complaint, path)
  }
  for (const [path, place] of [['a.log', '/var/log/gateway/a.log'], ['/var/log/gateway/b/c.log', '/var/log/gateway/b/c.log'], ['a/../b.log', '/var/log/gateway/b.log']] as const) {
    t.equal(await complaintAbout('file-logger', { path }, attr), undefined, path)
    const { written, openLogFile } = fakeFiles()
    const { log } = await runPlugin('file-logger', { path }, { attr, openLogFile })
    log?.(fakeRequest(), outcome)
    t.equal(written[0]?.path, place)
  }
  const recorder = recordLog()
  const { written, openLogFile } = fakeFiles()
  const { log } = await runPlugin('file-logger', {}, { attr, openLogFile, recorder, metadata: { path: '/etc/cron.d/x' } })
  log?.(fakeRequest(), outcome)
  t.same([written, recorder.messages(50).length], [[], 1])
})

t.test('a configuration that could not work is refused', async t => {
  const cases: ReadonlyArray<readonly [conf: unknown, complaint: RegExp]> = [
    [{ path: '' }, /property "path" validation failed: string too short/],
    [{ path: 'a\0b' }, /property "path" validation failed: it has a NUL/],
    [{ path: 'a', match: [[['a', 'like', 1]]] }, /^failed to validate the 'match' expression: invalid operator 'like'/],
    [{ path: 'a', match: Array.from({ length: 21 }, () => []) }, /property "match" validation failed: expect array to have at most 20 items/],
    [{ path: 'a', include_req_body: true, include_req_body_expr: [['a', 'like', 1]] }, /^failed to validate the 'include_req_body_expr' expression: invalid operator/],
    [{ path: 'a', include_resp_body_expr: [['a', 'like', 1]] }, /^failed to validate the 'include_resp_body_expr' expression: invalid operator/],
    [{ path: 'a', include_resp_body_expr: [] }, /property "include_resp_body_expr" validation failed: expect array to have at least 1 items/],
    [{ path: 'a', max_req_body_bytes: 0 }, /property "max_req_body_bytes" validation failed: expected 0 to be at least 1/],
    [{ path: 'a', log_format: 'x' }, /property "log_format" validation failed: wrong type: expected object, got string/]
  ]
  for (const [conf, complaint] of cases) t.match(await complaintAbout('file-logger', conf), complaint)
  t.equal(await complaintAbout('file-logger', {}), undefined)
})
