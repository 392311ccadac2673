import type { Upstream } from '@clinch/schema'

/** A place that requests are sent to. */
export interface Node {
  /** Where to connect: a name only as long as it is not resolved; an IPv6 address without its brackets. */
  readonly host: string
  /** The name that `host` is an address of; undefined where an address was written. */
  readonly domain: string | undefined
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
  const address = addressOf(host, realPort)
  return { host, domain: undefined, port: realPort, weight, priority, address, hostHeader: realPort === defaultPort ? bracketed(host) : address }
}

/** The node that a name stands for, at one of its addresses. */
export function nodeAt (named: Node, address: string): Node {
  return { ...named, host: address, domain: named.host, address: addressOf(address, named.port) }
}

function addressOf (host: string, port: number): string {
  return `${bracketed(host)}:${port}`
}

function bracketed (host: string): string {
  return host.includes(':') ? `[${host}]` : host
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
