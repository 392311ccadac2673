import { isIPv4, isIPv6 } from 'node:net'
import { parseSocketAddress } from '@clinch/plugins'
import { malformed, type ProxyHeaderResult } from './proxy-header.ts'

const beginning = Buffer.from('PROXY ')

/** Of the longest line there can be, with its end. */
const maxLineBytes = 107

/** A line of text: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`. */
export function readVersion1 (bytes: Buffer): ProxyHeaderResult {
  const compared = Math.min(bytes.length, beginning.length)
  if (bytes.compare(beginning, 0, compared, 0, compared) !== 0) return malformed('no PROXY header')
  const end = bytes.subarray(0, maxLineBytes).indexOf('\r\n')
  if (end === -1) return bytes.length < maxLineBytes ? { kind: 'incomplete', atLeast: bytes.length + 1 } : malformed('a line that is too long')
  const octets = end + 2
  const [family = '', ...rest] = bytes.toString('latin1', beginning.length, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'complete', octets, ends: undefined } // whatever follows
  const [source = '', destination = '', sourcePort = '', destinationPort = ''] = rest
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined
  if (isAddress === undefined) return malformed('an unknown protocol')
  if (rest.length !== 4 || !isAddress(source) || !isAddress(destination)) return malformed('no two addresses')
  if (!isPort(sourcePort) || !isPort(destinationPort)) return malformed('no two ports')
  return {
    kind: 'complete',
    octets,
    ends: {
      sourceAddress: inOneNotation(source),
      sourcePort: Number(sourcePort),
      destinationAddress: inOneNotation(destination),
      destinationPort: Number(destinationPort)
    }
  }
}

function isPlainIPv6 (text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

function isPort (text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535
}

function inOneNotation (address: string): string {
  return parseSocketAddress(address)?.address ?? address
}
