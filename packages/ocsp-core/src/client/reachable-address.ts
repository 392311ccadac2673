import ipaddr from 'ipaddr.js'

/** `global`: anywhere on the internet; `private`: a network of one's own; `special`: neither. [RFC 6890] */
export type AddressScope = 'global' | 'private' | 'loopback' | 'linkLocal' | 'special'

const globalIpv6 = ipaddr.parseCIDR('2000::/3')
const scopes: ReadonlyMap<string, AddressScope> = new Map([
  ['unicast', 'global'],
  ['private', 'private'],
  ['carrierGradeNat', 'private'],
  ['uniqueLocal', 'private'],
  ['loopback', 'loopback'],
  ['linkLocal', 'linkLocal']
])

/** The scope of an address in canonical notation. IPv4 in IPv6 clothes (mapped, NAT64, 6to4) is special. */
export function scopeOf (address: string): AddressScope {
  if (!ipaddr.isValid(address)) return 'special'
  const parsed = ipaddr.parse(address)
  const scope = scopes.get(parsed.range()) ?? 'special'
  if (scope === 'global' && parsed.kind() === 'ipv6' && !parsed.match(globalIpv6)) return 'special'
  return scope
}

/** Whether two notations name one address. */
export function sameAddress (a: string, b: string): boolean {
  return ipaddr.isValid(a) && ipaddr.isValid(b) && ipaddr.parse(a).toNormalizedString() === ipaddr.parse(b).toNormalizedString()
}
