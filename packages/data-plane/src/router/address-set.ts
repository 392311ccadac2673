import { BlockList, isIP } from 'node:net'

/** Addresses and networks, v4 and v6, to look a client's address up in. */
export class AddressSet {
  readonly #exact = new Set<string>()
  readonly #networks = new BlockList()
  #hasNetworks = false

  /** @throws TypeError for an entry that is neither an address nor a network */
  constructor (entries: readonly string[]) {
    for (const entry of entries) this.#add(entry)
  }

  has (address: string): boolean {
    if (this.#exact.has(address)) return true
    if (!this.#hasNetworks) return false
    const family = isIP(address)
    return family !== 0 && this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }

  #add (entry: string): void {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = isIP(address)
    const maxBits = family === 4 ? 32 : 128
    const prefix = bits === undefined ? maxBits : /^\d{1,3}$/.test(bits) ? Number(bits) : Infinity
    if (family === 0 || rest.length > 0 || prefix > maxBits) throw new TypeError('invalid ip address')
    if (family === 4 && prefix === maxBits) {
      this.#exact.add(address)
      return
    }
    this.#networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
    this.#hasNetworks = true
  }
}
