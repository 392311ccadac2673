import t, { type Test } from 'tap'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadPlugins, startPrimaryPlugins } from '@clinch/plugins'
import { recordLog } from '../support/log-recorder.ts'

interface Exporter {
  readonly attr?: object
  readonly collectMetrics?: () => Promise<string>
}

async function startExporter (t: Test, { attr = {}, collectMetrics = async () => 'clinch_up 1\n' }: Exporter = {}) {
  const recorder = recordLog()
  const attrs = { prometheus: { export_addr: { port: 0 }, ...attr } }
  const catalog = await loadPlugins(['prometheus'], { baseDir: import.meta.dirname, attrs, log: recorder.log })
  const started = await startPrimaryPlugins(catalog, { log: recorder.log, collectMetrics })
  t.teardown(() => started.close())
  const origin = () => {
    const line = recorder.lines.find(({ msg }) => msg === 'prometheus export server is listening')
    return line === undefined ? undefined : `http://${String(line['address'])}:${String(line['port'])}`
  }
  return { recorder, started, origin, path: '/apisix/prometheus/metrics' }
}

t.test('the metrics of the machine are served on the loopback address', async t => {
  const { origin, path } = await startExporter(t)
  t.match(origin(), /^http:\/\/127\.0\.0\.1:\d+$/)
  const response = await fetch(`${origin()}${path}?x=y`)
  t.equal(response.status, 200)
  t.match(response.headers.get('content-type'), /^text\/plain/)
  t.equal(await response.text(), 'clinch_up 1\n')
})

t.test('export_uri is the one path there is, and reading all that can be done', async t => {
  const { origin } = await startExporter(t, { attr: { export_uri: '/m' } })
  t.equal((await fetch(`${origin()}/m`)).status, 200)
  t.equal((await fetch(`${origin()}/m`, { method: 'HEAD' })).status, 200)
  for (const [method, path] of [['GET', '/'], ['GET', '/apisix/prometheus/metrics'], ['GET', '/m/'], ['POST', '/m'], ['DELETE', '/m']]) {
    t.equal((await fetch(`${origin()}${path}`, { method: method ?? '' })).status, 404, `${method} ${path}`)
  }
})

t.test('metrics that cannot be collected are a 500 and a log line, and come back', async t => {
  let isBroken = true
  const { origin, path, recorder } = await startExporter(t, {
    collectMetrics: async () => {
      if (isBroken) throw new Error('workers are away')
      return 'clinch_up 1\n'
    }
  })
  const response = await fetch(`${origin()}${path}`)
  t.equal(response.status, 500)
  t.equal(await response.text(), '{"message":"Failed to retrieve metrics: no data available"}\n')
  t.strictSame(recorder.messages(50), ['failed to collect metrics'])
  isBroken = false
  t.equal((await fetch(`${origin()}${path}`)).status, 200)
})

t.test('nothing collected is no data', async t => {
  const { origin, path } = await startExporter(t, { collectMetrics: async () => '' })
  t.equal((await fetch(`${origin()}${path}`)).status, 500)
})

t.test('scrapes that meet share one collection', async t => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  let collections = 0
  const { origin, path } = await startExporter(t, { collectMetrics: () => { collections++; asked.resolve(); return answer.promise } })
  const scrapes = [1, 2, 3].map(() => fetch(`${origin()}${path}`))
  await asked.promise
  await sleep(50) // the other scrapes arrive
  answer.resolve('clinch_up 1\n')
  t.strictSame((await Promise.all(scrapes)).map(({ status }) => status), [200, 200, 200])
  t.equal(collections, 1)
})

t.test('a port that is taken is an error in the log; the server takes it when it becomes free', async t => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const { port } = squatter.address() as AddressInfo // it listens on TCP
  const { recorder, origin, path, started } = await startExporter(t, { attr: { export_addr: { port } } })
  t.strictSame(recorder.messages(50), ['prometheus export server cannot listen'])
  t.strictSame(started.failures, [])
  squatter.close()
  while (origin() === undefined) await sleep(20)
  t.equal((await fetch(`${origin()}${path}`)).status, 200)
  t.equal(recorder.messages(50).length, 1)
})

t.test('an address that is not ours does not keep the gateway from starting and stopping', async t => {
  const { recorder, started } = await startExporter(t, { attr: { export_addr: { ip: '192.0.2.1', port: 0 } } })
  t.strictSame(recorder.messages(50), ['prometheus export server cannot listen'])
  await started.close()
})

t.test('closing lets go of the port, open connections or not, and may be done twice', async t => {
  const { origin, path, started } = await startExporter(t)
  t.equal((await fetch(`${origin()}${path}`)).status, 200)
  await started.close()
  await started.close()
  await t.rejects(fetch(`${origin()}${path}`))
})

t.test('without the export server nothing listens', async t => {
  const { origin } = await startExporter(t, { attr: { enable_export_server: false } })
  t.equal(origin(), undefined)
})
