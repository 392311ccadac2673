/** Networks of IPv4. A look-up takes a step for each length of prefix that there is, however many networks there are. */
export class Ipv4Networks {
  readonly #prefixesByBits = new Map<number, Set<number>>()

  /** @param address - dotted decimal, as those that are looked up */
  add (address: string, bits: number): void {
    const prefixes = this.#prefixesByBits.get(bits) ?? new Set()
    this.#prefixesByBits.set(bits, prefixes.add(prefixOf(numberOf(address), bits)))
  }

  has (address: string): boolean {
    if (this.#prefixesByBits.size === 0) return false
    const number = numberOf(address)
    for (const [bits, prefixes] of this.#prefixesByBits) if (prefixes.has(prefixOf(number, bits))) return true
    return false
  }
}

function prefixOf (number: number, bits: number): number {
  return bits === 0 ? 0 : number >>> (32 - bits) // a shift by 32 is none in JavaScript
}

function numberOf (address: string): number {
  let number = 0
  let octet = 0
  for (let at = 0; at < address.length; at++) {
    const char = address.charCodeAt(at)
    if (char === DOT) {
      number = number * 256 + octet
      octet = 0
    } else {
      octet = octet * 10 + char - ZERO
    }
  }
  return number * 256 + octet
}

const DOT = 0x2e
const ZERO = 0x30
