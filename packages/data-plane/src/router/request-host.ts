import { normalizeName } from '../tls/server-name.ts'

export interface RequestHost {
  /** Lower case, without port and final dot; empty when the client named none. */
  readonly name: string
  /** Digits; undefined when there are none. */
  readonly port: string | undefined
}

/**
 * Takes a `Host` or `:authority` apart.
 *
 * @returns undefined for a value that cannot be a host: user information, a path, white space, a port that is no number
 */
export function parseHost (value: string): RequestHost | undefined {
  const split = hostAndPort.exec(value)
  if (split === null) return undefined
  const [, host = '', port] = split
  return { name: isPlain.test(host) ? host : normalizeName(host), port: port === '' ? undefined : port }
}

const hostAndPort = /^(\[[0-9a-fA-F:.]+\]|[\w.~!$&()*+;=-]*)(?::(\d{0,5}))?$/
const isPlain = /^(?:[0-9a-z_-]+\.)*[0-9a-z_-]+$/
