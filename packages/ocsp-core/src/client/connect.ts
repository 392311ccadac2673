import type { LookupFunction, Socket } from 'node:net'
import type { buildConnector } from 'undici'
import type { ResolvedAddress } from './resolve.ts'
import { openSocket, type SocketOptions } from './socket.ts'

/** How undici gets its connections: whatever it asks for, it gets the socket that `open` opens. */
export function connector (open: () => Promise<Socket>): buildConnector.connector {
  return (_options, callback) => {
    open().then(socket => callback(null, socket), error => callback(error, null))
  }
}

/** A connection to the addresses that were judged, and to no others: nothing is resolved a second time. */
export async function connectPinned (addresses: readonly ResolvedAddress[], options: SocketOptions): Promise<Socket> {
  return await openSocket({ ...options, lookup: pinnedTo(addresses) })
}

function pinnedTo (addresses: readonly ResolvedAddress[]): LookupFunction {
  return (host, { all }, callback) => {
    const [first] = addresses
    if (first === undefined) callback(Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' }), [])
    else if (all === true) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
}
