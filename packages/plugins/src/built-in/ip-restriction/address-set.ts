import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
interface Range { readonly address: Address, readonly bits: number }

/** Whether the text is an IPv4 or IPv6 address, or a network in CIDR notation. */
export function isAddressRange (text: string): boolean {
  return parseRange(text) !== undefined
}

/**
 * Parses addresses and networks once. An IPv4-mapped IPv6 address is its IPv4 address on both sides, so that a
 * dual-stack listener makes no difference. What is no address (the peer of a Unix socket) is in no set.
 */
export function compileAddressSet (entries: readonly string[]): (address: string) => boolean {
  const ranges = entries.map(parseRange).filter(range => range !== undefined)
  return text => {
    const address = parseAddress(text)
    return address !== undefined && ranges.some(range => isWithin(address, range))
  }
}

function isWithin (address: Address, { address: network, bits }: Range): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

function parseRange (text: string): Range | undefined {
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

// Only the usual notations: `0x7f.1` and `010.0.0.1` mean different things to different programs.
function parseAddress (text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}
