import { STATUS_CODES, validateHeaderName, validateHeaderValue, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Writes the head that turns a client's connection into a tunnel, and takes the connection from its response. */
export function acceptUpgrade (response: ServerResponse, socket: Duplex, status: number, protocol: string, fields: readonly string[]): void {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Switching Protocols'}\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n`
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    validateHeaderName(name)
    validateHeaderValue(name, value)
    head += `${name}: ${value}\r\n`
  }
  response.detachSocket(socket as Socket) // what the server emitted `upgrade` with
  socket.write(`${head}\r\n`, 'latin1')
}

/**
 * Notices when the client leaves before its connection is a tunnel: nobody reads from it until then, so its end would
 * go unseen. What it sends meanwhile waits in the socket.
 *
 * @returns ends the watch
 */
export function watchForLeaving (socket: Duplex): () => void {
  const look = (): void => { socket.read(0) } // emits `end` when there is nothing before it
  const leave = (): void => { socket.destroy() }
  socket.on('readable', look).on('end', leave)
  return () => { socket.off('readable', look).off('end', leave) }
}
