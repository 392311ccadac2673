import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { residentMiB } from '../support/resident-memory.ts'
import { startUpstream } from '../support/upstream.ts'

// CLINCH_TEST_BODY_MIB=2048 for the full size; memory that grew with the body would show at this size as well.
const bodyMiB = Number(process.env['CLINCH_TEST_BODY_MIB'] ?? 384)
const mayGrowMiB = 160 // buffers that wait to be collected
const mib = Buffer.alloc(1024 * 1024, 'x')

t.test('memory stays as it is while a large body goes up and a large one comes down', async t => {
  let uploaded = 0
  const upstream = await startUpstream({
    handler (incoming, response) {
      if (incoming.method === 'GET') pipeline(body(), response).catch(() => {})
      else incoming.on('data', (chunk: Buffer) => { uploaded += chunk.length }).on('end', () => response.end('taken'))
    }
  })
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { workers: 1 })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream: { nodes: { [upstream.node]: 1 }, timeout: { connect: 6, send: 60, read: 60 } } })
  const open = (method: string) => request({ host: '127.0.0.1', port: gateway.httpPort, method, agent: false })
  await until(async () => await answerTo(open('HEAD').end()).then(({ statusCode }) => statusCode === 200))
  const worker = await onlyWorker(gateway)
  const atStart = residentMiB(worker)
  let most = atStart
  const watch = setInterval(() => { most = Math.max(most, residentMiB(worker)) }, 20)
  t.teardown(() => clearInterval(watch))

  let downloaded = 0
  for await (const chunk of await answerTo(open('GET').end())) downloaded += (chunk as Buffer).length
  t.equal(downloaded, bodyMiB * mib.length)
  t.ok(most - atStart < mayGrowMiB, `grew by ${(most - atStart).toFixed(0)} MiB with the download`)

  const upload = open('PUT')
  const answered = answerTo(upload)
  await pipeline(body(), upload)
  t.equal((await answered).statusCode, 200)
  t.equal(uploaded, bodyMiB * mib.length)
  t.ok(most - atStart < mayGrowMiB, `grew by ${(most - atStart).toFixed(0)} MiB with the upload`)
  t.comment(`${bodyMiB} MiB each way: from ${atStart.toFixed(0)} MiB to ${most.toFixed(0)} MiB at most`)
})

async function onlyWorker (gateway: TestGateway): Promise<number> {
  const [worker] = (await gateway.control('/v1/workers')).body['list'] as unknown as ReadonlyArray<{ pid: number }>
  return worker?.pid ?? 0
}

function body (): Readable {
  return Readable.from((function * () { for (let at = 0; at < bodyMiB; at++) yield mib })())
}

async function answerTo (outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [answer] = await once(outgoing, 'response') as [IncomingMessage]
  if (outgoing.method === 'HEAD') answer.resume()
  return answer
}
