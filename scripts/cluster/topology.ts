import { ClusterError } from './cluster-error.ts'

/** A part of the cluster, and the address that is its own. */
export interface Place {
  readonly name: string
  readonly ip: string
}

/** The parts of docker-compose.yml under the same names, each on an address of its own, so that all have their usual ports. */
export interface Topology {
  readonly etcd: readonly Place[]
  readonly controlPlane: Place
  readonly dataPlanes: readonly Place[]
  readonly responder: Place
  readonly upstreams: readonly Place[]
  readonly prometheus: Place
  readonly grafana: Place
}

export const ports = {
  etcdClient: 2379,
  etcdPeer: 2380,
  /** `/health` and `/metrics` of a member, without TLS. */
  etcdMetrics: 2381,
  http: 9080,
  https: 9443,
  admin: 9180,
  control: 9090,
  status: 7085,
  metrics: 9091,
  responder: 11451,
  upstream: 1980,
  prometheus: 9090,
  grafana: 3000
} as const

const mostDataPlanes = 9

/**
 * @param network - the first three octets of loopback addresses, `127.0.30`
 * @throws ClusterError when there is no such network, or no room for so many data planes
 */
export function layOut (network: string, dataPlanes: number): Topology {
  const octets = network.split('.')
  if (octets.length !== 3 || octets[0] !== '127' || !octets.every(octet => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)) {
    throw new ClusterError(`--network takes the first three octets of loopback addresses, such as 127.0.30, not ${network}`)
  }
  if (!Number.isInteger(dataPlanes) || dataPlanes < 1 || dataPlanes > mostDataPlanes) throw new ClusterError(`--data-planes takes a number from 1 to ${mostDataPlanes}`)
  const at = (name: string, octet: number): Place => ({ name, ip: `${network}.${octet}` })
  const several = (name: string, count: number, octet: number): Place[] => Array.from({ length: count }, (_, index) => at(`${name}-${index + 1}`, octet + index + 1))
  return {
    etcd: several('etcd', 3, 10),
    controlPlane: at('control-plane', 20),
    dataPlanes: several('data-plane', dataPlanes, 20),
    responder: at('responder', 30),
    upstreams: several('upstream', 2, 40),
    prometheus: at('prometheus', 50),
    grafana: at('grafana', 51)
  }
}
