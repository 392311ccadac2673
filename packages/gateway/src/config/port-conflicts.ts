import type { Config } from '@clinch/schema'
import { servesAdmin } from './serves-admin.ts'

interface Listener {
  readonly name: string
  readonly port: number
  readonly property: readonly string[]
  /** Another of these may have the same port, on another address. */
  readonly mayShare?: boolean
}

/**
 * The first two listeners that want one port, in APISIX's words; the later one is at fault. Each of the Admin API, the
 * control API, the status API, the metrics and the PROXY protocol must have a port of its own; 0 takes a free one and
 * conflicts with none.
 */
export function findPortConflict (config: Config): { readonly property: readonly string[], readonly message: string } | undefined {
  const listeners = [...ownListeners(config), ...trafficListeners(config)]
  for (const [index, listener] of listeners.entries()) {
    const earlier = listeners.slice(0, index).find(({ port, mayShare }) => port !== 0 && port === listener.port && !(mayShare === true && listener.mayShare === true))
    if (earlier !== undefined) return { property: listener.property, message: `${listener.name} ${listener.port} conflicts with ${earlier.name}` }
  }
  return undefined
}

function ownListeners (config: Config): Listener[] {
  const { apisix, deployment, plugins, plugin_attr: attrs } = config
  const { enable_export_server: exports, export_addr: address } = (attrs['prometheus'] ?? {}) as { readonly enable_export_server?: unknown, readonly export_addr?: { readonly port?: unknown } } // checked by the plugin
  const metricsPort = address?.port ?? 9091
  return [
    ...(servesAdmin(config) ? [{ name: 'admin port', port: deployment.admin.admin_listen.port, property: ['deployment', 'admin', 'admin_listen', 'port'] }] : []),
    ...(apisix.enable_control ? [{ name: 'control port', port: apisix.control.port, property: ['apisix', 'control', 'port'] }] : []),
    ...(apisix.status === undefined ? [] : [{ name: 'status port', port: apisix.status.port, property: ['apisix', 'status', 'port'] }]),
    ...(plugins?.includes('prometheus') === true && exports !== false && typeof metricsPort === 'number'
      ? [{ name: 'prometheus port', port: metricsPort, property: ['plugin_attr', 'prometheus', 'export_addr', 'port'] }]
      : [])
  ]
}

function trafficListeners ({ apisix, deployment }: Config): Listener[] {
  if (deployment.role === 'control_plane') return []
  const http = [apisix.node_listen].flat().map(listener => typeof listener === 'number' ? listener : listener.port)
  const https = apisix.ssl.enable ? apisix.ssl.listen.map(listener => listener.port) : []
  return [
    ...http.map(port => ({ name: 'http listen port', port, property: ['apisix', 'node_listen'], mayShare: true })),
    ...https.map(port => ({ name: 'https listen port', port, property: ['apisix', 'ssl', 'listen'], mayShare: true })),
    ...proxiedListener('http', apisix.proxy_protocol?.listen_http_port),
    ...(apisix.ssl.enable ? proxiedListener('https', apisix.proxy_protocol?.listen_https_port) : [])
  ]
}

function proxiedListener (scheme: 'http' | 'https', port: number | undefined): Listener[] {
  return port === undefined ? [] : [{ name: `PROXY protocol ${scheme} port`, port, property: ['apisix', 'proxy_protocol', `listen_${scheme}_port`] }]
}
