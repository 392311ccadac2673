import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parsePemCertificates } from '@clinch/ocsp-core'
import type { Cluster } from '../cluster/start-cluster.ts'
import { ports } from '../cluster/topology.ts'
import { answerTo, clientHost } from './load/client-certificates.ts'
import type { Credentials, DialOptions } from './load/dial.ts'
import { dial } from './load/dial.ts'
import { Http1Client } from './load/http1-client.ts'
import { untilItHolds } from './until.ts'

export interface Prepared {
  readonly rootPem: string
  readonly issuer: NonNullable<DialOptions['tls']>['issuer']
  readonly good: Credentials
  readonly revoked: Credentials
}

const readyWithinMs = 30_000

/** Stores what the load asks for, and waits until every data plane serves it, staples and verdicts included. */
export async function prepare (cluster: Cluster): Promise<Prepared> {
  const read = async (file: string): Promise<string> => await readFile(join(cluster.pki, file), 'utf8')
  const credentialsOf = async (name: string): Promise<Credentials> => ({ cert: await read(`${name}.chain.pem`), key: await read(`${name}.key`) })
  const [rootPem, caPem, rsa, ecdsa, good, revoked] = await Promise.all([read('root-ca.crt'), read('client-ca.pem'), credentialsOf('test.com.rsa'), credentialsOf('test.com.ecdsa'), credentialsOf('client'), credentialsOf('client-revoked')])
  const [issuer] = parsePemCertificates(await read('intermediate-ca.crt'))
  if (issuer === undefined) throw new Error('the demo has no intermediate CA')

  const nodes = Object.fromEntries(cluster.topology.upstreams.map(({ ip }) => [`${ip}:${ports.upstream}`, 1]))
  await put(cluster, 'upstreams/demo', { type: 'roundrobin', nodes })
  await put(cluster, 'ssls/test', { sni: 'test.com', ...rsa, certs: [ecdsa.cert], keys: [ecdsa.key], ocsp_stapling: { enabled: true } })
  await put(cluster, 'ssls/client', { sni: clientHost, ...ecdsa, client: { ca: caPem }, ocsp_stapling: { enabled: true, ssl_ocsp: 'leaf' } })
  await put(cluster, 'routes/test', { uri: '/*', host: 'test.com', enable_websocket: true, upstream_id: 'demo' })
  await put(cluster, 'routes/client', { uri: '/*', host: clientHost, plugins: { 'ocsp-stapling': { rejected_code: answerTo.revoked, unavailable_code: answerTo.withoutVerdict } }, upstream_id: 'demo' })

  for (const node of cluster.topology.dataPlanes) {
    await untilItHolds(async () => {
      const tls = { alpn: 'http/1.1', caPem: rootPem, issuer }
      const plain = await dial({ node, port: ports.https, tls: { ...tls, servername: 'test.com' } })
      plain.socket.destroy()
      const { socket, staple } = await dial({ node, port: ports.https, tls: { ...tls, servername: clientHost, credentials: good } })
      const client = new Http1Client(socket)
      const { status } = await client.send({ host: clientHost, path: '/' }).finally(() => client.close())
      return plain.staple === 'good' && staple === 'good' && status === 200
    }, `${node.name} does not serve what was stored`, readyWithinMs)
  }
  return { rootPem, issuer, good, revoked }
}

async function put (cluster: Cluster, path: string, body: object): Promise<void> {
  const { status, body: answer } = await cluster.admin('PUT', path, body)
  if (status !== 200 && status !== 201) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(answer)}`)
}
