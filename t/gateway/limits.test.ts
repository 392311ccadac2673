import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const plugins = ['limit-count', 'limit-req', 'limit-conn', 'ip-restriction']

/** A gateway with two workers and an upstream that answers when it is told to. */
async function start (t: Test) {
  const held: Array<() => void> = []
  const upstream = await startUpstream({ handler: (incoming, response) => incoming.url?.startsWith('/held') === true ? held.push(() => response.end('late')) : response.end('ok') })
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { workers: 2, plugins })
  // every connection is a new one, so that both workers are asked
  const send = async (path: string) => {
    const answer = await request(`http://127.0.0.1:${gateway.httpPort}${path}`, { headers: { connection: 'close' } })
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
  }
  const put = async (id: string, uri: string, plugins: object) => {
    const answer = await gateway.admin('PUT', `routes/${id}`, { uri, plugins, upstream: { nodes: { [upstream.node]: 1 } } })
    if (answer.status > 201) throw new Error(answer.text)
  }
  const served = async (path: string) => await until(async () => (await send(path)).status !== 404)
  return { gateway, send, put, served, held }
}

/** One after the other, so that somebody listens. */
async function killWorkers (gateway: TestGateway): Promise<void> {
  for (const pid of await pidsOf(gateway)) {
    process.kill(pid, 'SIGKILL')
    await until(async () => {
      const now = await pidsOf(gateway)
      return now.length === 2 && !now.includes(pid)
    })
  }
}

const pidsOf = async (gateway: TestGateway) => ((await gateway.control('/v1/workers')).body['list'] as unknown as ReadonlyArray<{ pid: number, ready: boolean }>).filter(({ ready }) => ready).map(({ pid }) => pid)

t.test('all workers count together, through reloads, changes of other objects and deaths of workers', async t => {
  const { gateway, send, put, served } = await start(t)
  const counting = { 'limit-count': { count: 21, time_window: 600, rejected_code: 429 } }
  await put('1', '/a', counting)
  await served('/a')
  const left = Number((await send('/a')).headers['x-ratelimit-remaining'])
  const burst = await Promise.all(Array.from({ length: 10 }, async () => await send('/a')))
  t.strictSame(burst.map(({ status }) => status), Array(10).fill(200))
  t.strictSame(burst.map(({ headers }) => Number(headers['x-ratelimit-remaining'])).sort((a, b) => b - a), Array.from({ length: 10 }, (_, at) => left - 1 - at), 'each is told another number')

  t.equal((await gateway.admin('PUT', 'plugins/reload')).text, 'done')
  await put('2', '/b', { 'limit-count': { count: 1, time_window: 600 } })
  await served('/b')
  await put('1', '/a', { ...counting, 'ip-restriction': { blacklist: ['192.0.2.1'] } })
  t.equal(Number((await send('/a')).headers['x-ratelimit-remaining']), left - 11)
  await killWorkers(gateway)
  t.equal(Number((await send('/a')).headers['x-ratelimit-remaining']), left - 12)

  const rest = await Promise.all(Array.from({ length: 15 }, async () => (await send('/a')).status))
  t.equal(rest.filter(status => status === 200).length, left - 12)
  t.equal(rest.filter(status => status === 429).length, 15 - (left - 12))
  await gateway.writePlugins(['ip-restriction'])
  await gateway.admin('PUT', 'plugins/reload')
  t.equal((await send('/a')).status, 200, 'a plugin that is loaded no more limits nobody')
  await gateway.writePlugins(plugins)
  await gateway.admin('PUT', 'plugins/reload')
  t.equal(Number((await send('/a')).headers['x-ratelimit-remaining']), 20, 'and begins anew')
})

t.test('metadata names the fields, a route that is made again goes on, and a configuration that changed does not', async t => {
  const { gateway, send, put, served } = await start(t)
  const conf = { count: 5, time_window: 600 }
  await put('1', '/a', { 'limit-count': conf })
  await served('/a')
  await gateway.admin('PUT', 'plugin_metadata/limit-count', { limit_header: 'X-Quota', remaining_header: 'X-Left', reset_header: 'X-Reset' })
  await until(async () => (await send('/a')).headers['x-quota'] === '5')
  await gateway.admin('DELETE', 'routes/1')
  await until(async () => (await send('/a')).status === 404)
  await put('1', '/a', { 'limit-count': conf })
  await until(async () => (await send('/a')).status !== 404)
  t.ok(Number((await send('/a')).headers['x-left'] ?? 0) < 2)
  await put('1', '/a', { 'limit-count': { ...conf, count: 50 } })
  await until(async () => (await send('/a')).headers['x-quota'] === '50')
  t.ok(Number((await send('/a')).headers['x-left']) > 40)
  t.match((await gateway.admin('PUT', 'plugin_metadata/limit-count', { limit_header: 'X Quota' })).body, { error_msg: /property "limit_header" validation failed: failed to match pattern/ })
})

t.test('places of active requests are those of all workers, and come back when a worker dies or a client leaves', async t => {
  const { gateway, send, put, served, held } = await start(t)
  await put('1', '/held*', { 'limit-conn': { conn: 1, burst: 0, default_conn_delay: 0.1, key: 'remote_addr' } })
  await put('2', '/ok', {})
  await served('/ok')
  const first = send('/held/1')
  await until(() => held.length === 1)
  for (let time = 0; time < 6; time++) t.equal((await send('/held/2')).status, 503)
  held[0]?.()
  t.equal((await first).text, 'late')

  const comesThrough = async (count: number, reason: string) => await until(async () => {
    leaving = connect(gateway.httpPort, '127.0.0.1').on('error', () => {})
    leaving.write('GET /held/3 HTTP/1.1\r\nHost: a.test\r\n\r\n')
    let isAnswered = false
    leaving.on('data', () => { isAnswered = true }).on('close', () => { isAnswered = true })
    await until(() => isAnswered || held.length === count)
    return held.length === count
  }, () => reason)
  let leaving: Socket | undefined
  await comesThrough(2, 'the first has left')
  leaving?.destroy()
  await comesThrough(3, 'the place of a client that left was not given back')
  await killWorkers(gateway)
  await comesThrough(4, 'the places of the dead were not given back')
  t.equal((await send('/held/4')).status, 503)
})

t.test('while it drains a worker still hears from the primary', async t => {
  const { gateway, put, served } = await start(t)
  await put('1', '/a', { 'limit-count': { count: 99, time_window: 600 } })
  await served('/a')
  const client = connect(gateway.httpPort, '127.0.0.1')
  t.teardown(() => client.destroy())
  let answer = ''
  client.setEncoding('utf8').on('data', (text: string) => { answer += text })
  client.write('GET /a HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n')
  await until(async () => (await gateway.control('/v1/health')).status < 500)
  const stopped = gateway.stop()
  await gateway.logged('draining')
  const ended = once(client, 'close')
  client.write('\r\n')
  await ended
  t.match(answer, /^HTTP\/1\.1 200 [^]*X-RateLimit-Remaining: \d+/)
  t.equal(await stopped, 0)
})
