import type { Upstream } from '@clinch/schema'

/** A place that requests are sent to. */
export interface Node {
  /** Name or address; an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
  readonly weight: number
  readonly priority: number
  /** `host:port`, an IPv6 address in brackets. */
  readonly address: string
  /** As the upstream's `Host` when `pass_host` is `node`: the port is left out where it is the scheme's own. */
  readonly hostHeader: string
}

/** Both stored forms to one list (data-plane.md 5.1). */
export function normalizeNodes (nodes: Upstream['nodes'], scheme: Upstream['scheme']): Node[] {
  if (nodes === undefined) return []
  if (Array.isArray(nodes)) return nodes.map(node => makeNode(node.host, node.port, node.weight, node.priority ?? 0, scheme))
  return Object.entries(nodes).map(([key, weight]) => {
    const { host, port } = splitKey(key)
    return makeNode(host, port, weight, 0, scheme)
  })
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443, grpc: 80, grpcs: 443 }

function makeNode (written: string, port: number | undefined, weight: number, priority: number, scheme: Upstream['scheme']): Node {
  const host = written.startsWith('[') ? written.slice(1, -1) : written
  const defaultPort = defaultPorts[scheme] ?? 80
  const realPort = port ?? defaultPort
  const bracketed = host.includes(':') ? `[${host}]` : host
  const address = `${bracketed}:${realPort}`
  return { host, port: realPort, weight, priority, address, hostHeader: realPort === defaultPort ? bracketed : address }
}

// `host`, `host:port`, `[v6]`, `[v6]:port`; two or more colons without brackets are a bare IPv6 address.
function splitKey (key: string): { host: string, port: number | undefined } {
  const bracketed = /^(\[.*\])(?::(\d+))?$/.exec(key)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: portOf(bracketed[2]) }
  const colon = key.indexOf(':')
  if (colon === -1 || colon !== key.lastIndexOf(':')) return { host: key, port: undefined }
  return { host: key.slice(0, colon), port: portOf(key.slice(colon + 1)) }
}

function portOf (digits: string | undefined): number | undefined {
  return digits === undefined || digits === '' ? undefined : Number(digits)
}
