import { connect } from 'node:http2'
import type { Plugin, RequestContext, RequestOutcome } from '@clinch/plugins'
import { Type } from '@sinclair/typebox'
import { request } from 'undici'
import t, { type Test } from 'tap'
import { answering, echo, refusingNode, reset, silence, startUpstream, type UpstreamHandler } from '../support/upstream.ts'
import { speak } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

interface Logged {
  readonly outcome: RequestOutcome
  readonly variable: (name: string) => string | undefined
}

/** Requests through a gateway, with what a plugin can read of them in its log phase. */
async function startWorld (t: Test, { handler = echo, nodes, protocol, rewrite }: { handler?: UpstreamHandler, nodes?: Record<string, number>, protocol?: 'http2', rewrite?: (context: RequestContext) => void } = {}) {
  const logged: Logged[] = []
  const logger: Plugin = {
    name: 'logger',
    version: 1,
    priority: 1,
    schema: Type.Object({}),
    create: () => ({
      rewrite (context) {
        rewrite?.(context)
        return { kind: 'continue' }
      },
      log (context, outcome) { logged.push({ outcome, variable: name => context.variable(name) }) }
    })
  }
  const upstream = await startUpstream({ handler })
  const gateway = await startHttpGateway({
    plugins: [logger],
    routes: [{ uri: '/*', plugins: { logger: {} }, upstream: { nodes: nodes ?? { [upstream.node]: 1 }, timeout: { connect: 1, send: 1, read: 0.3 } } as never }],
    ...(protocol === undefined ? {} : { protocol })
  })
  t.teardown(async () => {
    await gateway.close()
    await upstream.close()
  })
  return { gateway, upstream, logged }
}

t.test('octets are those of the request and of the answer as they went over the wire', async t => {
  const { gateway, logged } = await startWorld(t, { handler: answering(200, 'hello world') })
  const head = 'POST /x?y=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\nConnection: close\r\n\r\n'
  const answer = await speak(gateway.port, `${head}body`)
  await gateway.over(1)
  const [first] = logged
  t.equal(first?.variable('request_length'), String(head.length + 4))
  t.equal(first?.variable('bytes_sent'), String(answer.length))
  t.equal(first?.variable('body_bytes_sent'), '11')
  t.equal(first?.variable('status'), '200')
  t.match(first?.variable('request_time'), /^\d+\.\d{3}$/)
  t.equal(first?.variable('upstream_response_length'), '11')
  t.ok(Number(first?.variable('upstream_bytes_sent')) > head.length)
  t.ok(Number(first?.variable('upstream_bytes_received')) > 11)
})

t.test('times of an attempt grow from connecting to the end', async t => {
  const { gateway, logged } = await startWorld(t, {
    handler: (_request, response) => {
      setTimeout(() => {
        response.write('a')
        setTimeout(() => response.end('b'), 30)
      }, 30)
    }
  })
  await (await request(gateway.url)).body.text()
  await gateway.over(1)
  const [connect, header, whole, all] = ['upstream_connect_time', 'upstream_header_time', 'upstream_response_time', 'request_time'].map(name => Number(logged[0]?.variable(name)))
  t.ok((connect ?? 9) < 0.03 && (header ?? 0) >= 0.03 && (whole ?? 0) >= (header ?? 9) + 0.029 && (all ?? 0) >= (whole ?? 9), [connect, header, whole, all].join())
})

t.test('of several attempts there is a list, with a dash for what one never came to', async t => {
  const refusing = await refusingNode()
  const { gateway, logged, upstream } = await startWorld(t)
  gateway.replace([{ uri: '/*', plugins: { logger: {} }, upstream: { nodes: [{ host: '127.0.0.1', port: Number(refusing.split(':')[1]), weight: 1, priority: 1 }, { host: '127.0.0.1', port: upstream.port, weight: 1 }] } as never }])
  await (await request(gateway.url)).body.text()
  await gateway.over(1)
  const variable = logged[0]?.variable ?? (() => '')
  t.equal(variable('upstream_addr'), `${refusing}, ${upstream.node}`)
  t.equal(variable('upstream_status'), '502, 200')
  t.match(variable('upstream_connect_time'), /^-, \d\.\d{3}$/)
  t.match(variable('upstream_header_time'), /^-, \d\.\d{3}$/)
  t.match(variable('upstream_response_time'), /^\d\.\d{3}, \d\.\d{3}$/)
  t.match(variable('upstream_response_length'), /^0, [1-9]\d*$/)
  t.match(variable('upstream_bytes_sent'), /^0, [1-9]\d*$/)
})

t.test('an attempt that breaks off has a time, and no head', async t => {
  for (const [handler, status] of [[reset, '502'], [silence, '504']] as const) {
    const { gateway, logged } = await startWorld(t, { handler })
    await (await request(gateway.url)).body.text()
    await gateway.over(1)
    t.equal(logged[0]?.variable('upstream_header_time'), '-', status)
    t.match(logged[0]?.variable('upstream_connect_time'), /^\d\.\d{3}$/, status)
    t.match(logged[0]?.variable('upstream_response_time'), status === '504' ? /^(?:0\.[3-9]|[1-9])/ : /^\d/, status)
    t.equal(logged[0]?.variable('status'), status)
  }
})

t.test('a client that left has the status 499', async t => {
  const arrived = Promise.withResolvers<undefined>()
  const { gateway, logged } = await startWorld(t, { handler: () => arrived.resolve(undefined) })
  const controller = new AbortController()
  const asked = request(gateway.url, { signal: controller.signal }).catch(() => {})
  await arrived.promise
  controller.abort()
  await asked
  await gateway.over(1)
  t.equal(logged[0]?.variable('status'), '499')
  t.equal(logged[0]?.variable('bytes_sent'), '0')
})

t.test('what grows is read anew, what does not stays as it was read first', async t => {
  const seen: Array<string | undefined> = []
  const { gateway, logged } = await startWorld(t, {
    rewrite: context => seen.push(context.variable('body_bytes_sent'), context.variable('status'), context.variable('upstream_addr'), context.variable('uri'))
  })
  await (await request(`${gateway.url}/x`)).body.text()
  await gateway.over(1)
  t.same(seen, ['0', undefined, undefined, '/x'])
  t.not(logged[0]?.variable('body_bytes_sent'), '0')
  t.equal(logged[0]?.variable('status'), '200')
})

t.test('connections and their requests are counted', async t => {
  const { gateway, logged } = await startWorld(t, { handler: answering(200) })
  await speak(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await gateway.over(2)
  const values = (name: string) => logged.map(({ variable }) => variable(name))
  t.match(values('connection'), [/^\d+$/, /^\d+$/])
  t.match(values('connection_time'), [/^\d+\.\d{3}$/, /^\d+\.\d{3}$/])
  t.match(values('connection_requests'), [/^\d+$/, /^\d+$/])
  t.equal(values('server_addr')[0], '127.0.0.1')
  t.equal(values('server_name')[0], '_')
})

t.test('times of day are nginx\'s', async t => {
  const { gateway, logged } = await startWorld(t, { handler: answering(200) })
  await (await request(gateway.url)).body.text()
  await gateway.over(1)
  const variable = logged[0]?.variable ?? (() => '')
  const [, day, month, year, time, zone] = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(variable('time_local') ?? '') ?? []
  const iso = variable('time_iso8601') ?? ''
  t.match(iso, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
  for (const text of [`${day} ${month} ${year} ${time} ${zone}`, iso]) t.ok(Math.abs(Date.parse(text) - Date.now()) < 5000, text)
  t.match(variable('msec'), /^\d{10}\.\d{3}$/)
})

t.test('an answer over HTTP/2 has sizes too', async t => {
  const { gateway, logged } = await startWorld(t, { handler: answering(200, 'hello'), protocol: 'http2' })
  const session = connect(gateway.url)
  t.teardown(() => session.close())
  await new Promise(resolve => { session.request({ ':path': '/' }).on('end', resolve).resume() })
  await gateway.over(1)
  t.equal(logged[0]?.variable('body_bytes_sent'), '5')
  t.ok(Number(logged[0]?.variable('bytes_sent')) > 30)
  t.ok(Number(logged[0]?.variable('request_length')) > 10)
})
