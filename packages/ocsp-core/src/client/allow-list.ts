import { isIP } from 'node:net'
import { type AddressScope, sameAddress, scopeOf } from './reachable-address.ts'

/** One line of an allow list: `ocsp.example.org`, `*.example.org:8080/ocsp/`, `10.0.0.7`, `[::1]:8888`. */
export interface AllowedHost {
  readonly host: string
  readonly anyBelow: boolean
  readonly port: number | undefined
  readonly pathPrefix: string
}

const line = /^(\*\.)?(\[[0-9a-f:.]+\]|[^\s:/*[\]]+)(?::(\d{1,5}))?(\/\S*)?$/i
const withinReach: ReadonlySet<AddressScope> = new Set(['global', 'private'])

/** A line that is not understood allows nothing. */
export function readAllowList (lines: readonly string[]): AllowedHost[] {
  return lines.flatMap(text => {
    const match = line.exec(text.trim())
    if (match === null) return []
    const [, star, host = '', port, pathPrefix = ''] = match
    return [{ host: bareHost(host), anyBelow: star !== undefined, port: port === undefined ? undefined : Number(port), pathPrefix }]
  })
}

/** Whether an entry speaks for host and path of a URL; ports are judged by the guard. */
export function isListed (entry: AllowedHost, url: URL): boolean {
  const host = bareHost(url.hostname)
  const sameHost = entry.anyBelow ? host.endsWith(`.${entry.host}`) : host === entry.host || sameAddress(host, entry.host)
  return sameHost && isBelow(entry.pathPrefix, url.pathname)
}

// A listed host may live on a private network. Loopback and the like only if listed as such.
export function mayResolveTo (address: string, list: readonly AllowedHost[]): boolean {
  const scope = scopeOf(address)
  if (withinReach.has(scope)) return true
  return list.some(({ host }) => (isIP(host) !== 0 && sameAddress(host, address)) || (host === 'localhost' && scope === 'loopback'))
}

/** Lower case, without brackets and without the root's dot. */
export const bareHost = (host: string): string => host.toLowerCase().replace(/^\[|\]$/g, '').replace(/\.$/, '')

function isBelow (prefix: string, path: string): boolean {
  if (prefix === '' || path === prefix) return true
  return path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
