import { parseSocketAddress } from '@clinch/plugins'
import { malformed, type ProxiedEnds, type ProxyHeaderResult } from './proxy-header.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

const fixedBytes = signature.length + 4

/** As much as nginx takes; a header with every TLV that is known has less than 1 KiB. */
const maxHeaderBytes = 4096

const commands = { local: 0x20, proxy: 0x21 } as const
const streams = { ipv4: 0x11, ipv6: 0x21 } as const

/** Octets of both ends, by the address family in the upper half of the protocol's octet: none, IPv4, IPv6, Unix. */
const addressBytes = [0, 12, 36, 216] as const

export function beginsWithSignature (bytes: Buffer): boolean {
  const compared = Math.min(bytes.length, signature.length)
  return compared > 0 && bytes.compare(signature, 0, compared, 0, compared) === 0
}

/**
 * The binary form, its signature being there: command, protocol, length, both ends, then TLVs, which are looked at as far
 * as their lengths go.
 */
export function readVersion2 (bytes: Buffer): ProxyHeaderResult {
  if (bytes.length < fixedBytes) return { kind: 'incomplete', atLeast: fixedBytes }
  const command = bytes.readUInt8(signature.length)
  const protocol = bytes.readUInt8(signature.length + 1)
  const octets = fixedBytes + bytes.readUInt16BE(signature.length + 2)
  if (command !== commands.local && command !== commands.proxy) return malformed('an unknown version or command')
  if (octets > maxHeaderBytes) return malformed('a header that is too long')
  const endBytes = addressBytes[protocol >> 4]
  if (endBytes === undefined || (protocol & 0xf) > 2) return malformed('an unknown protocol')
  if (bytes.length < octets) return { kind: 'incomplete', atLeast: octets }
  // what stands behind the command LOCAL is to be passed over, whatever it is
  if (command === commands.local) return { kind: 'complete', octets, ends: undefined }
  if (octets < fixedBytes + endBytes) return malformed('no two addresses')
  if (!isListOfTlvs(bytes.subarray(fixedBytes + endBytes, octets))) return malformed('a TLV that is cut off')
  return { kind: 'complete', octets, ends: endsIn(bytes, protocol) }
}

// A datagram or a Unix socket is no address that a client could have here: then it is the load balancer's connection.
function endsIn (bytes: Buffer, protocol: number): ProxiedEnds | undefined {
  if (protocol === streams.ipv4) return endsOf(bytes, 4)
  return protocol === streams.ipv6 ? endsOf(bytes, 16) : undefined
}

function endsOf (bytes: Buffer, addressLength: 4 | 16): ProxiedEnds {
  const ports = fixedBytes + 2 * addressLength
  return {
    sourceAddress: textOf(bytes.subarray(fixedBytes, fixedBytes + addressLength)),
    sourcePort: bytes.readUInt16BE(ports),
    destinationAddress: textOf(bytes.subarray(fixedBytes + addressLength, ports)),
    destinationPort: bytes.readUInt16BE(ports + 2)
  }
}

function textOf (address: Buffer): string {
  if (address.length === 4) return address.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => address.readUInt16BE(2 * at).toString(16)).join(':')
  return parseSocketAddress(groups)?.address ?? groups
}

/** Type, length in two octets, value. */
function isListOfTlvs (tlvs: Buffer): boolean {
  let at = 0
  while (at + 3 <= tlvs.length) at += 3 + tlvs.readUInt16BE(at + 1)
  return at === tlvs.length
}
