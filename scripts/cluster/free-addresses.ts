import { once } from 'node:events'
import { createServer } from 'node:net'
import { ClusterError } from './cluster-error.ts'
import { ports, type Place, type Topology } from './topology.ts'

/**
 * Looks whether all addresses can be listened on, before anything is started.
 *
 * @throws ClusterError naming the first that cannot, and whose it would be
 */
export async function checkAddresses (topology: Topology): Promise<void> {
  await Promise.all(listenersOf(topology).map(async ({ name, ip, port }) => {
    const server = createServer().listen(port, ip)
    try {
      await once(server, 'listening')
    } catch (err) {
      throw new ClusterError(describe(`${ip}:${port} (${name})`, err as NodeJS.ErrnoException), { cause: err }) // what a server emits
    }
    server.close()
    await once(server, 'close')
  }))
}

/** What must be free for the parts that always run. */
function listenersOf ({ etcd, controlPlane, dataPlanes, responder, upstreams }: Topology): ReadonlyArray<Place & { readonly port: number }> {
  const on = (place: Place, ...wanted: readonly number[]) => wanted.map(port => ({ ...place, port }))
  const { etcdClient, etcdPeer, etcdMetrics, http, https, admin, control, status, metrics } = ports
  return [
    ...etcd.flatMap(place => on(place, etcdClient, etcdPeer, etcdMetrics)),
    ...on(controlPlane, admin, control, status, metrics),
    ...dataPlanes.flatMap(place => on(place, http, https, control, status, metrics)),
    ...on(responder, ports.responder),
    ...upstreams.flatMap(place => on(place, ports.upstream))
  ]
}

function describe (listener: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE': return `${listener} is taken: does another cluster run on this network? --network chooses other addresses`
    case 'EADDRNOTAVAIL': return `${listener} is no address of this machine: Linux has all of 127.0.0.0/8, other systems need an alias for each`
    case undefined:
    default: return `${listener}: ${message}`
  }
}
