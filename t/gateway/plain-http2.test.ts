import { once } from 'node:events'
import { connect, constants, type ClientHttp2Session } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { TestGateway, until } from '../support/gateway.ts'

async function start (t: Test, apisix: object = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['mocking'], config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 }, ...apisix } } })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { mocking: { response_example: 'served', content_type: 'text/plain' } } })
  await until(async () => (await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode === 200)
  return gateway
}

async function ask (session: ClientHttp2Session): Promise<string> {
  const stream = session.request({ ':path': '/' }).setEncoding('utf8')
  let text = ''
  stream.on('data', (chunk: string) => { text += chunk })
  await once(stream, 'end')
  return text
}

t.test('a plain port speaks HTTP/2 to clients that begin with it, and HTTP/1 to all others', async t => {
  const gateway = await start(t)
  const session = connect(`http://127.0.0.1:${gateway.httpPort}`)
  t.teardown(() => session.destroy())
  t.same(await Promise.all([ask(session), ask(session)]), ['served', 'served'])
  const limit = session.remoteSettings.maxConcurrentStreams
  t.equal(limit, 128)
  t.equal(await (await request(`http://127.0.0.1:${gateway.httpPort}/`)).body.text(), 'served')

  await t.test('a beginning that comes octet by octet is told apart as well', async t => {
    for (const [text, wanted] of [['GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 200 /], ['PRI / HTTP/1.1\r\nHost: a\r\n\r\n', /^HTTP\/1\.1 400 /]] as const) {
      const socket = connectTcp({ port: gateway.httpPort, host: '127.0.0.1', noDelay: true })
      for (const octet of text) {
        socket.write(octet)
        await new Promise(resolve => setImmediate(resolve))
      }
      const [chunk] = await once(socket, 'data') as [Buffer]
      t.match(chunk.toString(), wanted)
      socket.destroy()
    }
  })

  await t.test('streams that are opened and reset without end are not served for long', async t => {
    const abuser = connect(`http://127.0.0.1:${gateway.httpPort}`)
    const ended = new Promise(resolve => abuser.on('error', () => {}).on('close', resolve))
    let opened = 0
    while (!abuser.destroyed && !abuser.closed && opened < 20_000) {
      for (let count = 0; count < 50 && !abuser.destroyed && !abuser.closed; count++, opened++) {
        const stream = abuser.request({ ':path': '/' })
        stream.on('error', () => {})
        stream.close(constants.NGHTTP2_CANCEL)
      }
      await new Promise(resolve => setImmediate(resolve))
    }
    await ended
    t.ok(opened < 20_000, `ended after ${opened}`)
    t.equal(await ask(session), 'served', 'others are')
  })

  await t.test('a session ends with the gateway, after what is under way', async t => {
    const closed = once(session, 'close')
    await gateway.stop()
    await closed
    t.pass()
  })
})

t.test('with enable_http2 off a plain port knows HTTP/1 only', async t => {
  const gateway = await start(t, { enable_http2: false })
  const session = connect(`http://127.0.0.1:${gateway.httpPort}`)
  await new Promise(resolve => session.on('error', () => {}).on('close', resolve))
  t.equal((await request(`http://127.0.0.1:${gateway.httpPort}/`)).statusCode, 200)
})
