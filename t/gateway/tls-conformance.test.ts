import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import t from 'tap'
import { readToEnd } from '../data-plane/http-client.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { createAuthority } from '../support/pki.ts'

/** Rows of the checklist in data-plane.md 8 that are about handshakes and have no test elsewhere. */

const authority = createAuthority()
const clientCa = createAuthority({ name: 'Client CA' })
const leafFor = (name: string) => {
  const { chainPem: cert, keyPem: key } = authority.issue({ sans: [name], subject: name })
  return { cert, key }
}

t.test('names, alerts and protocols as APISIX has them', async t => {
  const gateway = await TestGateway.start(t, {
    workers: 1,
    plugins: ['mocking'],
    config: { apisix: { node_listen: 0, ssl: { listen: [{ port: 0 }], ssl_protocols: 'TLSv1.3' }, control: { port: 0 } }, clinch: { data_dir: 'data', log_level: 'debug', unknown_sni_alert: 'internal_error' } }
  })
  const ssls = [
    { ...leafFor('Upper.Example'), sni: 'Upper.Example.' },
    { ...leafFor('*.wild.test'), snis: ['*.wild.test', 'a-name-that-is-longer.example.org'] },
    { ...leafFor('wide.test'), sni: 'wide.test', ssl_protocols: ['TLSv1.2', 'TLSv1.3'] },
    { ...leafFor('skip.test'), sni: 'skip.test', client: { ca: clientCa.certPem, skip_mtls_uri_regex: ['^/health$'] } }
  ]
  for (const [index, ssl] of ssls.entries()) t.equal((await gateway.admin('PUT', `ssls/${index}`, ssl)).status, 201)
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { mocking: { response_example: 'served' } } })

  /** An open connection, or the code of what ended it. */
  const dial = async (options: ConnectionOptions): Promise<TLSSocket | string> => {
    const socket = connect({ port: gateway.httpsPort, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    t.teardown(() => socket.destroy())
    return await once(socket, 'secureConnect').then(() => socket, (error: NodeJS.ErrnoException) => error.code ?? '')
  }
  const outcome = async (options: ConnectionOptions): Promise<string | undefined> => {
    const dialed = await dial(options)
    return typeof dialed === 'string' ? dialed : String(dialed.getPeerCertificate().subject.CN)
  }
  await until(async () => await outcome({ servername: 'skip.test' }) === 'skip.test')

  await t.test('1. without SNI, and for a name that nobody has, alert 80 where that is configured', async t => {
    t.equal(await outcome({ servername: '' }), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    t.equal(await outcome({ servername: 'other.org' }), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    await gateway.logged('failed to find SNI: please check if the client requests via IP or uses an outdated protocol')
  })

  await t.test('2. capitals and a final dot are no difference, on either side', async t => {
    for (const servername of ['upper.example', 'UPPER.example', 'upper.example.', 'uPPer.EXAMPLE.']) t.equal(await outcome({ servername }), 'Upper.Example', servername)
  })

  await t.test('3. a wildcard stands for one label, however long the other names of its resource are', async t => {
    t.equal(await outcome({ servername: 'x.wild.test' }), '*.wild.test')
    t.equal(await outcome({ servername: 'x.y.wild.test' }), 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')
    await gateway.logged(/"sni":"x\.y\.wild\.test"[^\n]*failed to match any SSL certificate by SNI/)
  })

  await t.test('6. a resource may allow more than all others', async t => {
    t.equal(await outcome({ servername: 'wide.test', maxVersion: 'TLSv1.2' }), 'wide.test')
    t.equal(await outcome({ servername: 'wide.test', minVersion: 'TLSv1.3' }), 'wide.test')
    t.equal(await outcome({ servername: 'upper.example', maxVersion: 'TLSv1.2' }), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    t.equal(await outcome({ servername: 'wide.test', minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  await t.test('9. a path of skip_mtls_uri_regex is for everybody, any other for a certificate that verifies', async t => {
    const ours = clientCa.issue({ subject: 'ours' })
    const strange = createAuthority({ name: 'Stranger' }).issue({ subject: 'strange' })
    const get = async (path: string, credentials: ConnectionOptions) => {
      const socket = await dial({ servername: 'skip.test', ...credentials })
      if (typeof socket === 'string') return socket
      socket.write(`GET ${path} HTTP/1.1\r\nHost: skip.test\r\nConnection: close\r\n\r\n`)
      return (await readToEnd(socket)).slice(0, 'HTTP/1.1 200'.length)
    }
    for (const [who, credentials, status] of [['nobody', {}, 400], ['a stranger', { cert: strange.certPem, key: strange.keyPem }, 400], ['a client', { cert: ours.certPem, key: ours.keyPem }, 200]] as const) {
      t.equal(await get('/health', credentials), 'HTTP/1.1 200', who)
      t.equal(await get('/other', credentials), `HTTP/1.1 ${status}`, who)
    }
    await gateway.logged('client certificate was not present')
    await gateway.logged(/client certificate verification is not passed: FAILED:/)
  })
})
