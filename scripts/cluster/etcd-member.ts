import { join } from 'node:path'
import { answers } from './http-probe.ts'
import { NodeProcess, type Surroundings } from './node-process.ts'
import { ports, type Place } from './topology.ts'

export interface EtcdMemberOptions extends Surroundings {
  readonly place: Place
  /** Every member, this one included. */
  readonly members: readonly Place[]
  /** With ca.crt, and NAME.crt and NAME.key of each member. */
  readonly certificates: string
}

/** A member of etcd: certificates both ways, for clients and among members, as in docker-compose.yml. */
export class EtcdMember extends NodeProcess {
  readonly url: string
  readonly #place: Place

  constructor ({ place, members, certificates, ...surroundings }: EtcdMemberOptions) {
    const { name, ip } = place
    super({
      name,
      command: 'etcd',
      args: argsOf(place, members, certificates),
      isReady: async () => await answers(`http://${ip}:${ports.etcdMetrics}/health`),
      ...surroundings
    })
    this.url = `https://${ip}:${ports.etcdClient}`
    this.#place = place
  }

  /** False when it does not answer. */
  async isLeader (): Promise<boolean> {
    try {
      const metrics = await (await fetch(`http://${this.#place.ip}:${ports.etcdMetrics}/metrics`, { signal: AbortSignal.timeout(500) })).text()
      return /^etcd_server_is_leader 1$/m.test(metrics)
    } catch {
      return false
    }
  }
}

function argsOf ({ name, ip }: Place, members: readonly Place[], certificates: string): string[] {
  const client = `https://${ip}:${ports.etcdClient}`
  const peerOf = (place: Place): string => `https://${place.ip}:${ports.etcdPeer}`
  const own = { cert: join(certificates, `${name}.crt`), key: join(certificates, `${name}.key`), ca: join(certificates, 'ca.crt') }
  return [
    '--name', name, '--data-dir', 'data',
    '--listen-client-urls', client, '--advertise-client-urls', client,
    '--listen-peer-urls', peerOf({ name, ip }), '--initial-advertise-peer-urls', peerOf({ name, ip }),
    '--initial-cluster', members.map(member => `${member.name}=${peerOf(member)}`).join(), '--initial-cluster-token', 'clinch',
    '--client-cert-auth', '--trusted-ca-file', own.ca, '--cert-file', own.cert, '--key-file', own.key,
    '--peer-client-cert-auth', '--peer-trusted-ca-file', own.ca, '--peer-cert-file', own.cert, '--peer-key-file', own.key,
    '--listen-metrics-urls', `http://${ip}:${ports.etcdMetrics}`,
    '--auto-compaction-retention', '1'
  ]
}
