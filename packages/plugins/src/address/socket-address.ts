import { isIPv4 } from 'node:net'
import { parseAddress } from './parse-address.ts'

export interface SocketAddress {
  /** In the one notation that every spelling of it comes to. */
  readonly address: string
  /** As it was written, which may be more than a port can be. */
  readonly port: number | undefined
}

/** Takes `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80` apart; undefined for anything else. */
export function parseSocketAddress (text: string): SocketAddress | undefined {
  if (isIPv4(text)) return { address: text, port: undefined }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  if (bracketed !== undefined && !bracketed.includes(':')) return undefined
  const address = parseAddress(bracketed ?? plain ?? text)
  return address === undefined ? undefined : { address: address.toString(), port: port === undefined ? undefined : Number(port) }
}
