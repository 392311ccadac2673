import type { Socket } from 'node:net'

/** What the first octets of a connection come to. */
export type Reading<Found> =
  /** It cannot be told before there are so many octets. */
  | { readonly kind: 'more', readonly atLeast: number }
  /** `octets` of them are taken from the connection; the rest is put back. */
  | { readonly kind: 'found', readonly found: Found, readonly octets: number }

export interface FirstOctetsOptions<Found> {
  /** 0 for any time. */
  readonly timeoutMs: number
  /** Asked again with all that came until then. */
  readonly read: (held: Buffer) => Reading<Found>
}

export type FirstOctets<Found> =
  | { readonly kind: 'found', readonly found: Found }
  | { readonly kind: 'late' }
  /** The client left; its errors are nobody's any more. */
  | { readonly kind: 'gone' }

/**
 * Reads the beginning of a fresh connection until it can be told what it is. The socket is then paused, with everything
 * that was not taken put back: whoever gets it resumes it.
 *
 * @param done - called once
 */
export function readFirstOctets<Found> (socket: Socket, { timeoutMs, read }: FirstOctetsOptions<Found>, done: (first: FirstOctets<Found>) => void): void {
  let chunks: Buffer[] = []
  let heldBytes = 0
  let neededBytes = 1
  const timer = timeoutMs > 0 ? setTimeout(() => finish({ kind: 'late' }), timeoutMs) : undefined
  socket.on('data', onData) // and not `readable`, which takes two more ticks
  socket.on('close', onGone).on('end', onGone).on('error', onGone)

  function onData (chunk: Buffer): void {
    chunks.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < neededBytes) return
    const held = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    const reading = read(held)
    if (reading.kind === 'more') {
      neededBytes = reading.atLeast
      chunks = [held]
      return
    }
    socket.pause()
    if (reading.octets < held.length) socket.unshift(reading.octets === 0 ? held : held.subarray(reading.octets))
    finish({ kind: 'found', found: reading.found })
  }

  function onGone (): void { finish({ kind: 'gone' }) }

  function finish (first: FirstOctets<Found>): void {
    clearTimeout(timer)
    socket.off('data', onData).off('close', onGone).off('end', onGone).off('error', onGone)
    if (first.kind === 'gone') socket.on('error', ignore)
    done(first)
  }
}

function ignore (): void {}
