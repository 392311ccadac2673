import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import t from 'tap'
import { readToEnd } from '../data-plane/http-client.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'
import { version2 } from '../support/proxy-header.ts'
import { startUpstream } from '../support/upstream.ts'

const line = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 443\r\n'

t.test('behind a load balancer that speaks the PROXY protocol a client is who it says', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins: ['ip-restriction'],
    config: {
      apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }] }, control: { port: 0 }, proxy_protocol: { listen_http_port: 0, listen_https_port: 0 } },
      clinch: { data_dir: 'data', proxy_protocol_from: ['127.0.0.1'], client_hello_timeout_ms: 500 },
      nginx_config: {
        worker_processes: 1,
        worker_shutdown_timeout: '5s',
        http: { access_log: 'access.log', access_log_buffer: 0, access_log_format: '$uri $remote_addr $remote_port via $realip_remote_addr to $proxy_protocol_server_addr $proxy_protocol_server_port; $ssl_ciphers $ssl_curves' }
      }
    }
  })
  const portOf = (scheme: string): number => Number(new RegExp(`^ {2}${scheme} +\\S+:(\\d+) \\(PROXY protocol\\)$`, 'm').exec(gateway.output)?.[1])
  const [httpPort, httpsPort] = [portOf('http'), portOf('https')]
  const { chainPem, keyPem } = createAuthority().issue({ sans: ['a.test'], subject: 'a.test' })
  await gateway.admin('PUT', 'ssls/1', { cert: chainPem, key: keyPem, sni: 'a.test' })
  const node = { nodes: { [upstream.node]: 1 } }
  await gateway.admin('PUT', 'routes/1', { uri: '/*', upstream: node })
  await gateway.admin('PUT', 'routes/2', { uri: '/inside', plugins: { 'ip-restriction': { whitelist: ['192.0.2.0/24'] } }, upstream: node })

  const open = (port: number, header: string | Buffer): Socket => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write(header)
    return socket
  }
  const secure = async (header: string | Buffer, options: ConnectionOptions = {}) => {
    const socket = connectTls({ socket: open(httpsPort, header), servername: 'a.test', rejectUnauthorized: false, ...options })
    await once(socket, 'secureConnect')
    return socket
  }
  const get = async (socket: Duplex, path: string, fields = ''): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}Connection: close\r\n\r\n`)
    return await readToEnd(socket as Socket)
  }
  const logged = async (line: string) => {
    let text = ''
    await until(async () => {
      text = await readFile(join(gateway.folder, 'access.log'), 'utf8').catch(() => '')
      return text.includes(line)
    }, () => `no ${line} in\n${text}`)
  }
  await until(async () => (await get(open(gateway.httpPort, ''), '/inside')).startsWith('HTTP/1.1 403'))

  for (const [version, header] of [['1', line], ['2', version2()]] as const) {
    await t.test(`plain HTTP, version ${version}`, async t => {
      const text = await get(open(httpPort, header), `/plain${version}`, 'X-Real-IP: 203.0.113.9\r\n')
      t.match(text, /"X-Real-IP","192\.0\.2\.7","X-Forwarded-For","192\.0\.2\.7"/, 'whom the header names is no peer whose X-Real-IP is believed')
      t.match(await get(open(httpPort, header), '/inside'), /^HTTP\/1\.1 200 /)
      await logged(`/plain${version} 192.0.2.7 40000 via 127.0.0.1 to 198.51.100.1 443; - -\n`)
    })

    await t.test(`TLS, version ${version}`, async t => {
      t.match(await get(await secure(header, { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA', maxVersion: 'TLSv1.2', ecdhCurve: 'X25519:P-256' }), `/tls${version}`), /"X-Real-IP","192\.0\.2\.7"/)
      await logged(`/tls${version} 192.0.2.7 40000 via 127.0.0.1 to 198.51.100.1 443; ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA X25519:prime256v1\n`)
    })
  }

  await t.test('HTTP/2, over TLS and with prior knowledge', async t => {
    for (const session of [
      connectHttp2('https://a.test', { createConnection: () => connectTls({ socket: open(httpsPort, line), servername: 'a.test', rejectUnauthorized: false, ALPNProtocols: ['h2'] }) }),
      connectHttp2('http://a.test', { createConnection: () => open(httpPort, line) })
    ]) {
      t.teardown(() => session.destroy())
      const stream = session.request({ ':path': '/h2' }).setEncoding('utf8')
      let text = ''
      stream.on('data', (part: string) => { text += part })
      await once(stream, 'end')
      t.match(text, /"X-Real-IP","192\.0\.2\.7"/)
    }
  })

  await t.test('a load balancer that asks for itself is itself', async t => {
    t.match(await get(open(httpPort, 'PROXY UNKNOWN\r\n'), '/self'), /"X-Real-IP","127\.0\.0\.1"/)
    t.match(await get(await secure(version2({ command: 0x20, protocol: 0, ends: Buffer.alloc(0) })), '/self'), /"X-Real-IP","127\.0\.0\.1"/)
  })

  await t.test('without a header there is no answer, and with one where none is expected there is no request', async t => {
    t.equal(await readToEnd(open(httpPort, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')), '')
    t.equal(await readToEnd(open(httpsPort, 'PROXY TCP4 192.0')), '', 'nor for half of one')
    await gateway.logged('connection without a valid PROXY protocol header refused')
    t.match(await readToEnd(open(gateway.httpPort, `${line}GET / HTTP/1.1\r\nHost: a.test\r\n\r\n`)), /^HTTP\/1\.1 400 /)
    t.equal(await readToEnd(open(gateway.httpsPort, line)), '')
  })
})
