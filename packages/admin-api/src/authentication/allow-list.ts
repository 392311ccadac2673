import ipaddr from 'ipaddr.js'

/** Is the address one of those listed, or in one of the blocks? What is no address or no block matches nothing. */
export function isAddressIn (address: string, list: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const candidate = ipaddr.process(address) // an IPv4 address in IPv6 form is an IPv4 address
  return list.some(entry => {
    const block = readBlock(entry)
    return block !== undefined && block[0].kind() === candidate.kind() && candidate.match(block)
  })
}

function readBlock (entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] | undefined {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  if (!ipaddr.isValid(entry)) return undefined
  const address = ipaddr.process(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
