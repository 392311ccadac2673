import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { usageError } from './command-error.ts'

export interface HostPort {
  /** A name in ASCII, or an address without brackets. */
  readonly host: string
  readonly port: number
}

const bracketed = /^\[([^\]]+)\](?::(\d+))?$/
const plain = /^([^:[\]/@\s]+)(?::(\d+))?$/

/** Reads `HOST`, `HOST:PORT`, `[v6]`, `[v6]:PORT` and a bare v6 address. */
export function parseHostPort (text: string, defaultPort: number): HostPort {
  if (isIPv6(text)) return { host: text, port: defaultPort }
  const [, address = '', addressPort] = bracketed.exec(text) ?? []
  if (isIPv6(address)) return { host: address, port: parsePort(addressPort, defaultPort) }
  const [, name = '', namePort] = plain.exec(text) ?? []
  const host = domainToASCII(name)
  if (host === '') throw usageError(`HOST, HOST:PORT or [V6]:PORT expected, not ${text}`)
  return { host, port: parsePort(namePort, defaultPort) }
}

/** `example.com:443`, `[::1]:443`. */
export const formatHostPort = ({ host, port }: HostPort): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`

function parsePort (digits: string | undefined, defaultPort: number): number {
  const port = digits === undefined ? defaultPort : Number(digits)
  if (port < 1 || port > 65535) throw usageError(`${digits} is no port`)
  return port
}
