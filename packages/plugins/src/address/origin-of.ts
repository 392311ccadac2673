import { parseAddress } from './parse-address.ts'

/**
 * Whose address it is, for limits that count by client: whoever has one IPv6 address has the 2^64 beside it too, so of those it
 * is the first 64 bits. Text that is no address is itself.
 */
export function originOf (text: string): string {
  const address = parseAddress(text)
  if (address === undefined) return text
  return address.kind() === 'ipv4' ? address.toString() : address.toByteArray().slice(0, 8).join('.')
}
