import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { CONTINUE, type Plugin, type RequestContext } from '@clinch/plugins'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

function accessing (access: (context: RequestContext) => unknown, log?: (context: RequestContext) => void): Plugin {
  return {
    name: 'reader',
    version: 1,
    priority: 1,
    schema: Type.Object({}),
    create: () => ({
      async access (context) {
        await access(context)
        return CONTINUE
      },
      ...(log === undefined ? {} : { log })
    })
  }
}

async function serve (t: Test, plugin: Plugin, nodes: Readonly<Record<string, number>>) {
  const gateway = await startHttpGateway({ plugins: [plugin], routes: [{ uri: '/*', plugins: { reader: {} }, upstream: { nodes } as never }] }) // the schema checks it
  t.teardown(() => gateway.close())
  return gateway
}

t.test('a plugin reads the body, and the upstream gets it all the same', async t => {
  const bodies: string[] = []
  const upstream = await startUpstream({
    handler (request, response) {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => {
        bodies.push(body)
        response.end()
      })
    }
  })
  t.teardown(() => upstream.close())
  const seen: Array<string | undefined> = []
  const reader = accessing(async context => {
    for (const limit of [4, 1024]) seen.push((await context.readBody(limit))?.toString())
  })
  const gateway = await serve(t, reader, { [upstream.node]: 1 })
  const long = 'x'.repeat(100_000)
  for (const body of ['1234', '12345', long]) t.equal((await ask(gateway.port, { method: 'POST', body })).status, 200)
  t.strictSame(seen, ['1234', '1234', undefined, '12345', undefined, undefined])
  t.strictSame(bodies, ['1234', '12345', long])
})

t.test('a body that is here to its end can go to the next node', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const cutting = await startUpstream({ handler: request => { request.on('data', () => request.socket.destroy()) } })
  t.teardown(() => cutting.close())
  const gateway = await serve(t, accessing(context => context.readBody(1024)), { [cutting.node]: 1, [upstream.node]: 1 })
  t.match(await ask(gateway.port, { method: 'PUT', body: 'again' }), { status: 200, body: /"body":"again"/ })
})

t.test('a body that is longer than a plugin allows is answered with 413, with its length announced or not', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await serve(t, accessing(context => context.limitBody(10)), { [upstream.node]: 1 })
  const post = { method: 'POST', body: 'x'.repeat(11) }
  t.equal((await ask(gateway.port, post)).status, 413)
  t.equal(upstream.requests(), 0)
  t.equal((await ask(gateway.port, { ...post, headers: { 'Transfer-Encoding': 'chunked' } })).status, 413)
  t.equal((await ask(gateway.port, { method: 'POST', body: 'x'.repeat(10), headers: { 'Transfer-Encoding': 'chunked' } })).status, 200)
})

t.test('the beginning of a body is kept for the log as it goes by', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const kept: string[] = []
  const gateway = await serve(t, accessing(context => context.collectBody(4), context => kept.push(context.collectedBody.toString())), { [upstream.node]: 1 })
  for (const body of ['abcdef', 'ab', '']) await ask(gateway.port, { method: 'POST', body })
  await gateway.over(3)
  t.strictSame(kept, ['abcd', 'ab', ''])
})
