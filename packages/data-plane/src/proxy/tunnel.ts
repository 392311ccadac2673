import type { Duplex } from 'node:stream'

/**
 * Joins two connections until either ends or both are silent for too long. What ends one ends the other, after the
 * bytes that are still on their way.
 *
 * @param onClose - called once, when both are closed; bytes as they went to the client
 */
export function openTunnel (client: Duplex, upstream: Duplex, idleTimeoutMs: number, onClose: (bytesToClient: number) => void): void {
  let bytesToClient = 0
  let open = 2
  const idle = setTimeout(() => {
    client.destroy()
    upstream.destroy()
  }, idleTimeoutMs)
  const closed = (other: Duplex): void => {
    endSoon(other)
    if (--open > 0) return
    clearTimeout(idle)
    onClose(bytesToClient)
  }
  client.on('error', ignore).on('close', () => closed(upstream)).on('data', () => { idle.refresh() })
  upstream.on('error', ignore).on('close', () => closed(client)).on('data', (chunk: Buffer) => {
    bytesToClient += chunk.length
    idle.refresh()
  })
  client.pipe(upstream)
  upstream.pipe(client)
}

/** Ends a connection once it has taken what was written to it. */
export function endSoon (socket: Duplex): void {
  if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
  else socket.end()
}

function ignore (): void {}
