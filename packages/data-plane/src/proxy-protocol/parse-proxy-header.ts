import type { ProxyHeaderResult } from './proxy-header.ts'
import { readVersion1 } from './version-1.ts'
import { beginsWithSignature, readVersion2 } from './version-2.ts'

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a connection begins with (haproxy.org, "The PROXY
 * protocol", sections 2.1 and 2.2). It is not guessed whether there is one: where it is expected it has to be there, or
 * any client could say who it is. Never throws and never looks past `bytes`.
 */
export function parseProxyHeader (bytes: Buffer): ProxyHeaderResult {
  return beginsWithSignature(bytes) ? readVersion2(bytes) : readVersion1(bytes)
}
