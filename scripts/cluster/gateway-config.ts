import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { ports, type Place, type Topology } from './topology.ts'

export interface GatewayConfigOptions {
  readonly topology: Topology
  /** The control plane, or one of the data planes. */
  readonly place: Place
  /** With etcd-ca.crt, etcd-client.crt and etcd-client.key. */
  readonly certificates: string
  /** How many workers a data plane has. */
  readonly workers: number
}

const templates = join(import.meta.dirname, '..', '..', 'conf', 'compose')

/** config.yaml of a gateway: that of docker-compose.yml, listening on its own address, with the addresses of the others in the place of their names. */
export async function gatewayConfig (options: GatewayConfigOptions): Promise<string> {
  const isControlPlane = options.place === options.topology.controlPlane
  const document = parseDocument(await readFile(join(templates, isControlPlane ? 'control-plane.yaml' : 'data-plane.yaml'), 'utf8'))
  document.commentBefore = ` Made anew at every start of the cluster from conf/compose/${isControlPlane ? 'control-plane.yaml' : 'data-plane.yaml'}.`
  for (const [path, value] of [...commonChanges(options), ...isControlPlane ? controlPlaneChanges(options) : dataPlaneChanges(options)]) {
    document.setIn(path.split('.'), document.createNode(value))
  }
  return String(document)
}

type Change = readonly [path: string, value: unknown]

function commonChanges ({ topology, place: { ip }, certificates }: GatewayConfigOptions): readonly Change[] {
  return [
    ['apisix.ssl.ssl_trusted_certificate', join(certificates, 'etcd-ca.crt')],
    ['apisix.control', { ip, port: ports.control }],
    ['apisix.status', { ip, port: ports.status }],
    ['plugin_attr.prometheus.export_addr', { ip, port: ports.metrics }],
    ['deployment.etcd.host', topology.etcd.map(member => `https://${member.ip}:${ports.etcdClient}`)],
    ['deployment.etcd.tls', { cert: join(certificates, 'etcd-client.crt'), key: join(certificates, 'etcd-client.key') }]
  ]
}

function controlPlaneChanges ({ place: { ip } }: GatewayConfigOptions): readonly Change[] {
  return [
    ['deployment.admin.admin_listen', { ip, port: ports.admin }],
    ['deployment.admin.allow_admin', ['127.0.0.0/8']]
  ]
}

function dataPlaneChanges ({ topology, place: { ip }, workers }: GatewayConfigOptions): readonly Change[] {
  return [
    ['apisix.node_listen', [{ ip, port: ports.http }]],
    ['apisix.ssl.listen', [{ ip, port: ports.https }]],
    ['nginx_config.worker_processes', workers],
    ['nginx_config.http.access_log', 'access.log'],
    ['plugin_attr.ocsp-stapling.aia_allow', [`${topology.responder.ip}:${ports.responder}`]]
  ]
}
