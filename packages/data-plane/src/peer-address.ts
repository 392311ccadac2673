/** An address as it is logged and compared: IPv4 that came in over an IPv6 listener is IPv4. */
export function peerAddressOf (address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
