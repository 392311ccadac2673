import { lookup, Resolver } from 'node:dns/promises'
import { BoundedMap } from '../bounded-map.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** From a host name to its addresses; empty or rejected when there are none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>

export interface ResolverOptions {
  /** `10.0.0.53`, `10.0.0.53:5353`, `[::1]:53` */
  readonly servers: readonly string[]
  readonly timeoutMs: number
  /** In place of the TTL of the records. */
  readonly validMs?: number | undefined
}

const maxRemembered = 1000

/** As the system resolves, hosts file included. */
export const systemResolve: Resolve = async host =>
  (await lookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))

/** Asks the given DNS servers, and remembers answers for as long as they are valid. */
export function createResolve ({ servers, timeoutMs, validMs }: ResolverOptions, now: () => number): Resolve {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
  resolver.setServers(servers)
  const remembered = new BoundedMap<{ addresses: readonly ResolvedAddress[], untilMs: number }>(maxRemembered)

  return async host => {
    const known = remembered.get(host)
    if (known !== undefined && now() < known.untilMs) return known.addresses
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(host, { ttl: true }), resolver.resolve6(host, { ttl: true })])
    const records = [
      ...valuesOf(v4).map(record => ({ ...record, family: 4 as const })),
      ...valuesOf(v6).map(record => ({ ...record, family: 6 as const }))
    ]
    if (records.length === 0 && v4.status === 'rejected') throw v4.reason
    const addresses = records.map(({ address, family }) => ({ address, family }))
    remembered.set(host, { addresses, untilMs: now() + (validMs ?? Math.min(...records.map(({ ttl }) => ttl)) * 1000) })
    return addresses
  }
}

const valuesOf = <T>(result: PromiseSettledResult<T[]>): T[] => result.status === 'fulfilled' ? result.value : []
