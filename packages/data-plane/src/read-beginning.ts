import type { Socket } from 'node:net'

/**
 * Waits until a fresh connection has sent enough to tell whether it begins with these octets, and puts back what it sent.
 *
 * @param done - called once; undefined when the client left or took longer than `timeoutMs`
 */
export function readBeginning (socket: Socket, wanted: Buffer, timeoutMs: number, done: (doesBegin: boolean | undefined) => void): void {
  let held: Buffer = Buffer.alloc(0)
  const timer = timeoutMs > 0 ? setTimeout(onGone, timeoutMs) : undefined
  socket.on('data', onData).on('close', onGone).on('end', onGone).on('error', onGone)

  function onData (chunk: Buffer): void {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const compared = Math.min(held.length, wanted.length)
    const isSame = held.compare(wanted, 0, compared, 0, compared) === 0
    if (isSame && compared < wanted.length) return
    socket.pause()
    socket.unshift(held)
    finish(isSame)
  }

  function onGone (): void { finish(undefined) }

  function finish (doesBegin: boolean | undefined): void {
    clearTimeout(timer)
    socket.off('data', onData).off('close', onGone).off('end', onGone).off('error', onGone)
    if (doesBegin === undefined) socket.on('error', () => {})
    done(doesBegin)
  }
}
