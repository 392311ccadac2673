import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { ActiveCheckSchema, compileValidator, type ActiveCheck } from '@clinch/schema'
import { probe } from '../../packages/gateway/src/health/probe.ts'
import { createAuthority } from '../support/pki.ts'
import { answering, refusingNode, silence, startUpstream, type UpstreamOptions } from '../support/upstream.ts'

const validate = compileValidator(ActiveCheckSchema, { fillDefaults: true })

function check (stored: object = {}): ActiveCheck {
  const checked = validate({ timeout: 2, ...stored })
  if (checked.kind === 'invalid') throw new Error(checked.issue.message)
  return checked.value
}

const at = (port: number, hostname = 'node.test') => ({ ip: '127.0.0.1', port, hostname })

async function upstream (t: Test, options: UpstreamOptions) {
  const started = await startUpstream(options)
  t.teardown(() => started.close())
  return started
}

async function rawServer (t: Test, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port // a TCP server's
}

t.test('an HTTP probe is a request of its own, and its status is what counts', async t => {
  let seen = ''
  const port = await rawServer(t, socket => {
    socket.on('data', (octets: Buffer) => {
      seen += octets.toString()
      if (seen.includes('ping')) socket.write('HTTP/1.1 204 Fine\r\nContent-Len') // no more than the status line is waited for
      if (seen.includes('ping')) socket.end('gth: 0\r\n\r\n')
    })
  })
  const asked = check({ http_method: 'POST', http_path: '/health?full=1', http_req_body: 'ping', req_headers: ['X-Token: a:b', 'Host: evil', 'nonsense'] })
  t.same(await probe(asked, at(port), {}), { kind: 'status', status: 204 })
  const [head = '', body] = seen.split('\r\n\r\n')
  const [line, ...fields] = head.split('\r\n')
  t.equal(line, 'POST /health?full=1 HTTP/1.1')
  t.same(fields.sort(), ['Connection: close', 'Content-Length: 4', 'Host: node.test', 'X-Token: a:b'])
  t.equal(body, 'ping')
})

t.test('what goes wrong is told apart', async t => {
  const refused = Number((await refusingNode()).split(':')[1])
  t.match(await probe(check(), at(refused), {}), { kind: 'failed', reason: 'ECONNREFUSED' })
  const silent = await upstream(t, { handler: silence })
  t.same(await probe(check({ timeout: 0.1 }), at(silent.port), {}), { kind: 'timeout' })
  const gibberish = await rawServer(t, socket => { socket.end('220 mail ready\r\n') })
  t.same(await probe(check(), at(gibberish), {}), { kind: 'unparsable' })
  const closing = await rawServer(t, socket => { socket.on('data', () => socket.destroy()) })
  t.match(await probe(check(), at(closing), {}), { kind: 'failed' })
  const works = await upstream(t, { handler: answering(200) })
  t.match(await probe(check({ req_headers: ['X: a\u0000b'] }), at(works.port), {}), { kind: 'failed' }, 'a field that cannot be sent')
})

t.test('a TCP probe connects and says nothing', async t => {
  let octets = 0
  const port = await rawServer(t, socket => { socket.on('data', (chunk: Buffer) => { octets += chunk.length }) })
  t.same(await probe(check({ type: 'tcp' }), at(port), {}), { kind: 'connected' })
  const refused = Number((await refusingNode()).split(':')[1])
  t.match(await probe(check({ type: 'tcp' }), at(refused), {}), { kind: 'failed', reason: 'ECONNREFUSED' })
  t.equal(octets, 0)
})

t.test('an HTTPS probe names its host, verifies the certificate unless told not to, and shows its own', async t => {
  const authority = createAuthority()
  const server = authority.issue({ subject: 'node.test', sans: ['node.test'] })
  const client = authority.issue({ subject: 'gateway.test' })
  let seen: { sni: unknown, client: string | undefined } | undefined
  const { port } = await upstream(t, {
    tls: { cert: server.chainPem, key: server.keyPem, ca: authority.certPem, requestCert: true, rejectUnauthorized: false },
    handler (request, response) {
      const socket = request.socket as TLSSocket // of an https server
      seen = { sni: socket.servername, client: socket.getPeerCertificate().subject?.CN as string | undefined }
      response.end()
    }
  })
  const https = check({ type: 'https' })
  t.same(await probe(https, at(port), { ca: authority.certPem, cert: client.certPem, key: client.keyPem }), { kind: 'status', status: 200 })
  t.same(seen, { sni: 'node.test', client: 'gateway.test' })
  t.match(await probe(https, at(port), {}), { kind: 'failed' }, 'nobody vouches for it')
  t.match(await probe(https, at(port, 'other.test'), { ca: authority.certPem }), { kind: 'failed' }, 'it is for another name')
  t.same(await probe(check({ type: 'https', https_verify_certificate: false }), at(port, 'other.test'), {}), { kind: 'status', status: 200 })
  t.same(await probe(check({ type: 'https', https_verify_certificate: false }), at(port, '127.0.0.1'), {}), { kind: 'status', status: 200 })
  t.equal(seen?.sni, false, 'an address is no SNI')
})
