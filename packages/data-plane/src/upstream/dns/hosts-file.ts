import { isIP } from 'node:net'

/** A hosts file by name, in lower case; with IPv4 addresses where a name has both kinds. */
export function parseHosts (text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of names.map(name => name.toLowerCase())) {
      const known = hosts.get(name)
      if (known === undefined) hosts.set(name, [address])
      else if (!known.includes(address)) known.push(address)
    }
  }
  return new Map([...hosts].map(([name, addresses]) => [name, preferred(addresses)]))
}

function preferred (addresses: readonly string[]): readonly string[] {
  const v4 = addresses.filter(address => isIP(address) === 4)
  return v4.length > 0 ? v4 : addresses
}
