import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'

t.test('what is no request is answered on a TLS port as on a plain one', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: [] })
  const leaf = createAuthority().issue({ sans: ['test.com'] })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com' })
  await until(async () => await sClient({ port: gateway.httpsPort, servername: 'test.com' }).then(({ staple }) => staple === 'none', () => false))
  for (const [text, wanted] of [
    ['GET / HTTP/1.1\r\nHost: test.com\r\nX : y\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n[^]*<h1>400 Bad Request<\/h1>/],
    [`GET / HTTP/1.1\r\nHost: test.com\r\nX: ${'y'.repeat(33_000)}\r\n\r\n`, /^HTTP\/1\.1 400 Bad Request\r\n[^]*Request Header Or Cookie Too Large/],
    ['CONNECT inside:80 HTTP/1.1\r\nHost: test.com\r\n\r\n', /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*<h1>405 Not Allowed<\/h1>/],
    ['TRACE / HTTP/1.1\r\nHost: test.com\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*<h1>405 Not Allowed<\/h1>/],
    ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n[^]*<h1>400 Bad Request<\/h1>/]
  ] as const) t.match(await speakTls(gateway.httpsPort, text), wanted, text.slice(0, 40))
})

async function speakTls (port: number, text: string): Promise<string> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'test.com', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  socket.write(text)
  const chunks: Buffer[] = []
  return await new Promise(resolve => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {}).on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
  })
}
