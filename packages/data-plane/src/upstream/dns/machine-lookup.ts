import { readFileSync } from 'node:fs'
import { parseHosts } from './hosts-file.ts'
import { createNameLookup, type NameLookup, type NameLookupOptions } from './name-lookup.ts'
import { noSearch, parseSearchList } from './search-list.ts'

export interface MachineLookupOptions extends Pick<NameLookupOptions, 'servers' | 'validMs' | 'timeoutMs' | 'ipv6'> {
  /** Short names are completed as resolv.conf says. */
  readonly search: boolean
}

/** The lookup of names with the files of this machine, which are read now. */
export function createMachineLookup ({ search, ...options }: MachineLookupOptions): NameLookup {
  return createNameLookup({
    ...options,
    hosts: parseHosts(read('/etc/hosts')),
    search: search ? parseSearchList(read('/etc/resolv.conf')) : noSearch
  })
}

// A machine may be without either.
function read (file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
