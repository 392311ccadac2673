import { Resolver } from 'node:dns/promises'
import { fullNames, type SearchList } from './search-list.ts'

export interface FoundAddresses {
  /** Of one family, at least one. */
  readonly addresses: readonly string[]
  readonly validMs: number
}

/** From a name to its addresses; rejects when there are none. */
export type NameLookup = (name: string) => Promise<FoundAddresses>

export interface NameLookupOptions {
  /** `10.0.0.53`, `10.0.0.53:5353`, `[::1]:53`; undefined: those of the machine. */
  readonly servers: readonly string[] | undefined
  /** In place of the TTL of the records. */
  readonly validMs: number | undefined
  /** For one name with everything that belongs to it. */
  readonly timeoutMs: number
  readonly ipv6: boolean
  readonly hosts: ReadonlyMap<string, readonly string[]>
  readonly search: SearchList
}

const hostsValidMs = 60_000
const tryMs = 2000
const hasNoSuchRecord = new Set(['ENOTFOUND', 'ENODATA'])

/**
 * Looks in the hosts file, then asks DNS, for A and, where there is none, for AAAA; of a name that had only AAAA before,
 * the other way round. c-ares, which Node asks with, follows CNAMEs and gives the least TTL of the chain.
 */
export function createNameLookup ({ servers, validMs, timeoutMs, ipv6, hosts, search }: NameLookupOptions): NameLookup {
  const resolver = new Resolver({ timeout: Math.min(tryMs, timeoutMs), tries: Math.max(1, Math.ceil(timeoutMs / tryMs)), maxTimeout: tryMs })
  if (servers !== undefined) resolver.setServers(servers)
  const hasOnlyV6 = new Set<string>()

  async function ask (name: string): Promise<FoundAddresses> {
    const families = !ipv6 ? [4] : hasOnlyV6.has(name) ? [6, 4] : [4, 6]
    let failure: unknown
    for (const family of families) {
      try {
        const records = family === 4 ? await resolver.resolve4(name, { ttl: true }) : await resolver.resolve6(name, { ttl: true })
        if (family === 6) hasOnlyV6.add(name)
        else hasOnlyV6.delete(name)
        return { addresses: records.map(({ address }) => address), validMs: validMs ?? Math.min(...records.map(({ ttl }) => ttl)) * 1000 }
      } catch (err) {
        failure = err
        if (!isNoSuchRecord(err)) break
      }
    }
    throw failure
  }

  return async written => {
    const name = written.toLowerCase()
    const listed = hosts.get(name.replace(/\.$/, '')) ?? (name === 'localhost' ? ['127.0.0.1'] : undefined) // RFC 6761 6.3
    if (listed !== undefined) return { addresses: listed, validMs: hostsValidMs }
    let failure: unknown
    for (const full of fullNames(name, search)) {
      try {
        return await ask(full)
      } catch (err) {
        failure = err
        if (!isNoSuchRecord(err)) break
      }
    }
    throw failure
  }
}

function isNoSuchRecord (err: unknown): boolean {
  return err instanceof Error && 'code' in err && hasNoSuchRecord.has(String(err.code))
}
