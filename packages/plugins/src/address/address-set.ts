import { BlockList, isIP } from 'node:net'
import { Ipv4Networks } from './ipv4-networks.ts'
import { parseAddress, type Address } from './parse-address.ts'

/**
 * Addresses and networks in CIDR notation, v4 and v6, to look a client's address up in. An IPv4-mapped IPv6 address
 * is its IPv4 address on both sides, so that a dual-stack listener makes no difference. What is no address (the peer
 * of a Unix socket) is in no set.
 */
export class AddressSet {
  readonly #exact = new Set<string>()
  readonly #ipv4Networks = new Ipv4Networks()
  readonly #ipv6Networks = new BlockList()

  /** @throws TypeError for an entry that is neither an address nor a network: `isAddressRange` tells before */
  constructor (entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  has (text: string): boolean {
    if (this.#exact.has(text)) return true
    const family = isIP(text)
    if (family === 4) return this.#ipv4Networks.has(text)
    const address = family === 6 ? parseAddress(text) : undefined
    if (address === undefined) return false
    const plain = address.toString()
    if (address.kind() === 'ipv4') return this.#exact.has(plain) || this.#ipv4Networks.has(plain)
    return this.#ipv6Networks.check(plain, 'ipv6')
  }

  #add (entry: string): void {
    const range = parseRange(entry)
    if (range === undefined) throw new TypeError('invalid ip address')
    const { address, bits } = range
    const plain = address.toString()
    if (address.kind() === 'ipv6') this.#ipv6Networks.addSubnet(plain, bits, 'ipv6')
    else if (bits === 32) this.#exact.add(plain)
    else this.#ipv4Networks.add(plain, bits)
  }
}

/** Whether the text is an IPv4 or IPv6 address, or a network in CIDR notation. */
export function isAddressRange (text: string): boolean {
  return parseRange(text) !== undefined
}

function parseRange (text: string): { address: Address, bits: number } | undefined {
  const [host = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(host)
  if (address === undefined || rest.length > 0) return undefined
  const most = address.kind() === 'ipv4' ? 32 : 128
  if (prefix === undefined) return { address, bits: most }
  if (!/^\d{1,3}$/.test(prefix)) return undefined
  const isMapped = address.kind() === 'ipv4' && host.includes(':')
  const bits = Number(prefix) - (isMapped ? 96 : 0)
  return bits >= 0 && bits <= most ? { address, bits } : undefined
}
