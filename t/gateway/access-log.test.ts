import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type SecureVersion } from 'node:tls'
import { promisify } from 'node:util'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { createAuthority } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { sClient } from '../support/s-client.ts'
import { startUpstream } from '../support/upstream.ts'

const run = promisify(execFile)
const plugins = ['request-id', 'key-auth', 'file-logger']
const nginx = (http: object, rest: object = {}) => ({ nginx_config: { worker_processes: 1, worker_shutdown_timeout: '5s', http, ...rest } })

async function linesOf (gateway: TestGateway, file = 'logs/access.log'): Promise<string[]> {
  const text = await readFile(join(gateway.folder, file), 'utf8').catch(() => '')
  return text.split('\n').slice(0, -1)
}

async function waitForLines (gateway: TestGateway, count: number, file?: string): Promise<string[]> {
  await until(async () => (await linesOf(gateway, file)).length >= count, () => `not ${count} lines`)
  return await linesOf(gateway, file)
}

/** Over one connection. @returns the id of its session, as openssl reads it; empty with TLS 1.3, where it comes later */
async function twoRequests (t: Test, port: number, version: SecureVersion): Promise<string> {
  const socket = connect({ port, servername: 'test.com', rejectUnauthorized: false, minVersion: version, maxVersion: version })
  socket.write('GET / HTTP/1.1\r\nHost: test.com\r\n\r\nGET / HTTP/1.1\r\nHost: test.com\r\nConnection: close\r\n\r\n')
  await once(socket, 'secureConnect')
  const session = socket.getSession()
  await once(socket.resume(), 'close')
  if (version === 'TLSv1.3' || session === undefined) return ''
  const file = join(t.testdir(), 'session')
  // eslint-disable-next-line no-control-regex -- an SSL_SESSION; what node writes before it is node's
  const [der = ''] = /0(?:\x81.|\x82..)\x02\x01\x01\x02\x02.*$/s.exec(session.toString('latin1')) ?? []
  await writeFile(file, der, 'latin1')
  const { stdout } = await run('openssl', ['sess_id', '-inform', 'DER', '-in', file, '-noout', '-text'])
  return (/Session-ID: ([0-9A-F]*)/.exec(stdout)?.[1] ?? '').toLowerCase()
}

t.test('a request is a line in logs/access.log, in the format of APISIX', async t => {
  const upstream = await startUpstream()
  t.teardown(async () => await upstream.close())
  const gateway = await TestGateway.start(t, { plugins, workers: 1 })
  await gateway.admin('PUT', 'routes/1', { uri: '/hello', plugins: { 'request-id': {} }, upstream: { nodes: { [upstream.node]: 1 } } })
  const url = `http://127.0.0.1:${gateway.httpPort}/hello?a=1`
  await until(async () => (await request(url, { headers: { connection: 'close' } })).statusCode === 200)
  const answer = await request(url, { headers: { 'user-agent': 'te"st', authorization: `Basic ${Buffer.from('jack:secret').toString('base64')}`, 'x-request-id': 'mine' } })
  const body = await answer.body.text()
  await until(async () => (await linesOf(gateway)).some(line => line.includes('te\\x22st')))
  const line = (await linesOf(gateway)).find(text => text.includes('te\\x22st')) ?? ''
  const time = String.raw`\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`
  t.match(line, new RegExp(String.raw`^127\.0\.0\.1 - jack \[${time}\] 127\.0\.0\.1:${gateway.httpPort} "GET /hello\?a=1 HTTP/1\.1" 200 ${body.length} \d\.\d{3} "-" "te\\x22st" ` +
    String.raw`127\.0\.0\.1:${upstream.port} 200 \d\.\d{3} "http://127\.0\.0\.1:${gateway.httpPort}/hello\?a=1" "mine"$`))
  t.notMatch(line, 'secret')
})

t.test('lines of all workers come whole into one JSON log, of HTTP/2 and TLS too', async t => {
  const format = '{"status":$status,"agent":"$http_user_agent","connection":"$connection","n":$connection_requests,"protocol":"$ssl_protocol","cipher":"$ssl_cipher","session":"$ssl_session_id","sni":"$ssl_server_name","addr":"$server_addr","none":"$there_is_none"}'
  const gateway = await TestGateway.start(t, { plugins, config: nginx({ access_log: 'json/a.log', access_log_format: format, access_log_format_escape: 'json', access_log_buffer: 0 }, { worker_processes: 2 }) })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await Promise.all(Array.from({ length: 200 }, async (_, n) => await request(`http://127.0.0.1:${gateway.httpPort}/`, { headers: { 'user-agent': `"${'x'.repeat(n)}\\`, connection: n % 2 === 0 ? 'close' : 'keep-alive' } })))
  const entries = (await waitForLines(gateway, 200, 'json/a.log')).map(line => JSON.parse(line) as Record<string, unknown>)
  t.same(new Set(entries.map(({ status }) => status)), new Set([404]))
  t.same(new Set(entries.map(({ agent }) => (agent as string).length)).size, 200)
  t.match(entries[0], { protocol: '', session: '', addr: /^(127\.0\.0\.1|::1)$/, none: '' })

  await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).code === 0)
  for (const [version, name] of [['TLSv1.2', 'ECDHE-'], ['TLSv1.3', 'TLS_']] as const) {
    const before = (await linesOf(gateway, 'json/a.log')).length
    const sessionId = await twoRequests(t, gateway.httpsPort, version)
    const secure = (await waitForLines(gateway, before + 2, 'json/a.log')).slice(before).map(line => JSON.parse(line) as Record<string, unknown>)
    t.same(secure.map(({ n }) => n), [1, 2])
    t.match(secure[0], { protocol: version, cipher: new RegExp(`^${name}`), sni: 'test.com', connection: secure[1]?.['connection'] })
    if (version === 'TLSv1.2') t.equal(secure[0]?.['session'], sessionId)
  }
})

t.test('after SIGUSR1 lines go on in a new file, and none is lost', async t => {
  const gateway = await TestGateway.start(t, { plugins, config: { ...nginx({ access_log_format: '$arg_n', access_log_buffer: 65_536 }, { error_log: 'logs/error.log', worker_processes: 2 }) } })
  await gateway.admin('PUT', 'routes/1', { uri: '/logged', plugins: { 'file-logger': { path: 'logs/file.log', log_format: { n: '$arg_n' } } } })
  await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/logged`)).statusCode === 503)
  let sent = 0
  const ask = async (): Promise<void> => { await (await request(`http://127.0.0.1:${gateway.httpPort}/logged?n=${sent++}`, { headers: { connection: sent % 3 === 0 ? 'close' : 'keep-alive' } })).body.dump() }
  const files = ['access.log', 'file.log', 'error.log']
  const at = (name: string) => join(gateway.folder, 'logs', name)
  for (let round = 1; round <= 3; round++) {
    for (let count = 0; count < 30; count++) await ask()
    for (const file of files) await rename(at(file), at(`${file}.${round}`))
    process.kill(gateway.pid, 'SIGUSR1')
    const asking = Array.from({ length: 30 }, ask)
    await until(async () => (await Promise.all(files.map(async file => await stat(at(file)).catch(() => undefined)))).every(found => found !== undefined))
    await Promise.all(asking)
  }
  t.equal(await gateway.stop(), 0)
  const all = async (file: string) => (await Promise.all([`${file}.1`, `${file}.2`, `${file}.3`, file].map(async name => await readFile(at(name), 'utf8')))).join('')
  const numbers = Array.from({ length: sent }, (_, n) => n)
  t.same((await all('access.log')).split('\n').filter(line => /^\d/.test(line)).map(Number).sort((a, b) => a - b), numbers)
  t.same((await all('file.log')).trimEnd().split('\n').map(line => (JSON.parse(line) as { n?: string }).n).filter(n => n !== undefined).map(Number).sort((a, b) => a - b), numbers)
  t.notOk(gateway.output.includes('Debugger listening'), 'the signal opens no inspector')
})

t.test('the log can go to a file, from the level that is named on', async t => {
  const gateway = await TestGateway.start(t, { plugins, config: { ...nginx({}, { error_log: 'logs/error.log', error_log_level: 'warn' }), clinch: { data_dir: 'data' } } })
  await gateway.admin('PUT', 'routes/1', { uri: '/down', upstream: { nodes: { '127.0.0.1:1': 1 } } })
  await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/down`)).statusCode === 502)
  const lines = await waitForLines(gateway, 1, 'logs/error.log')
  t.ok(lines.some(line => (JSON.parse(line) as { msg: string }).msg === 'upstream request failed'), 'what workers log is there')
  t.ok(lines.every(line => (JSON.parse(line) as { level: number }).level >= 40), 'and nothing below the level')
  t.notMatch(gateway.output, '"level"')
})

t.test('/dev/stdout is where the gateway prints', async t => {
  const gateway = await TestGateway.start(t, { plugins, config: nginx({ access_log: '/dev/stdout', access_log_format: 'LINE $status $uri' }) })
  await (await request(`http://127.0.0.1:${gateway.httpPort}/nowhere`)).body.dump()
  await gateway.logged('LINE 404 /nowhere\n')
  t.equal(gateway.output.split('LINE 404').length, 2, 'once')
})

t.test('without enable_access_log there is no file; a file that cannot be written is named in the log and stops nothing', async t => {
  const none = await TestGateway.start(t, { plugins, config: nginx({ enable_access_log: false }) })
  t.equal((await request(`http://127.0.0.1:${none.httpPort}/`)).statusCode, 404)
  await t.rejects(stat(join(none.folder, 'logs')))
  const broken = await TestGateway.start(t, { plugins, config: nginx({ access_log: 'config.yaml/access.log' }) })
  await broken.logged('log file cannot be written')
  t.equal((await request(`http://127.0.0.1:${broken.httpPort}/`)).statusCode, 404)
})

t.test('an error log that cannot be opened stops the start with one line', async t => {
  await t.rejects(TestGateway.start(t, { plugins, config: nginx({}, { error_log: 'config.yaml/error.log' }) }), /clinch: .*(ENOTDIR|EEXIST)/)
})
