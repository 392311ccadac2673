import type { Socket } from 'node:net'
import { maxClientHelloBytes, parseClientHello, type ClientHello, type ClientHelloResult } from './client-hello.ts'

export type FirstFlight =
  | { readonly kind: 'hello', readonly hello: ClientHello }
  | { readonly kind: 'refused', readonly reason: string, readonly isTls: boolean }
  | { readonly kind: 'gone' }

// room for the headers of a hello that is cut into small records
const maxFirstFlightBytes = 2 * maxClientHelloBytes

/**
 * Waits for a whole ClientHello on a fresh connection and puts its octets back, so that the TLS library reads them
 * again. `done` is called once. A client that takes longer than `timeoutMs` or sends more than 16 KiB without
 * finishing is refused; one that leaves is `gone`.
 */
export function readClientHello (socket: Socket, timeoutMs: number, done: (first: FirstFlight) => void): void {
  let chunks: Buffer[] = []
  let heldBytes = 0
  let neededBytes = 1
  const timer = setTimeout(() => finish({ kind: 'refused', reason: 'the ClientHello took too long', isTls: true }), timeoutMs)
  socket.on('data', onData) // and not `readable`, which takes two more ticks
  socket.on('close', onGone)
  socket.on('error', onGone)

  function onData (chunk: Buffer): void {
    chunks.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < neededBytes) return
    const held = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    const result = parseClientHello(held)
    if (result.kind === 'incomplete' && heldBytes <= maxFirstFlightBytes) {
      neededBytes = result.atLeast
      chunks = [held]
      return
    }
    socket.pause()
    socket.unshift(held)
    finish(verdictOn(result))
  }

  function onGone (): void { finish({ kind: 'gone' }) }

  function finish (first: FirstFlight): void {
    clearTimeout(timer)
    socket.off('data', onData)
    socket.off('close', onGone)
    socket.off('error', onGone)
    done(first)
  }
}

function verdictOn (result: ClientHelloResult): FirstFlight {
  switch (result.kind) {
    case 'complete': return { kind: 'hello', hello: result.hello }
    case 'notTls': return { kind: 'refused', reason: 'not TLS', isTls: false }
    case 'malformed': return { kind: 'refused', reason: result.reason, isTls: true }
    case 'incomplete': return { kind: 'refused', reason: 'ClientHello too large', isTls: true }
  }
}
