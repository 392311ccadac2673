/** What resolv.conf says of short names. */
export interface SearchList {
  readonly domains: readonly string[]
  /** A name with this many dots is asked for as it is before the domains are tried. */
  readonly ndots: number
}

const maxNdots = 15 // as in the C library

export const noSearch: SearchList = { domains: [], ndots: 1 }

/** `search` or `domain`, whichever comes last, and `options ndots:`. */
export function parseSearchList (resolvConf: string): SearchList {
  let domains: readonly string[] = []
  let ndots = noSearch.ndots
  for (const line of resolvConf.split('\n')) {
    const [keyword, ...values] = line.replace(/[#;].*/, '').trim().split(/\s+/)
    if (keyword === 'search') domains = values
    if (keyword === 'domain') domains = values.slice(0, 1)
    if (keyword !== 'options') continue
    const wanted = values.find(option => /^ndots:\d+$/.test(option))
    if (wanted !== undefined) ndots = Math.min(maxNdots, Number(wanted.slice('ndots:'.length)))
  }
  return { domains: domains.map(domain => domain.replace(/\.$/, '')).filter(domain => domain !== ''), ndots }
}

/** The names to ask for, in order, until one has an address. A name that ends in a dot is complete. */
export function fullNames (name: string, { domains, ndots }: SearchList): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)]
  const dots = name.split('.').length - 1
  const searched = domains.map(domain => `${name}.${domain}`)
  return dots >= ndots ? [name, ...searched] : [...searched, name]
}
