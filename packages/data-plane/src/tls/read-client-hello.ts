import type { Socket } from 'node:net'
import { readFirstOctets, type Reading } from '../read-first-octets.ts'
import { maxClientHelloBytes, parseClientHello, tooLarge, type ClientHello, type ClientHelloResult } from './client-hello.ts'

export type FirstFlight =
  | { readonly kind: 'hello', readonly hello: ClientHello }
  /** `isLimit`: it was too long or took too long. */
  | { readonly kind: 'refused', readonly reason: string, readonly isTls: boolean, readonly isLimit: boolean }
  | { readonly kind: 'gone' }

// room for the headers of a hello that is cut into small records
const maxFirstFlightBytes = 2 * maxClientHelloBytes

/**
 * Waits for a whole ClientHello on a fresh connection and puts its octets back, so that the TLS library reads them
 * again. `done` is called once. A client that takes longer than `timeoutMs` or sends more than 16 KiB without
 * finishing is refused; one that leaves is `gone`.
 */
export function readClientHello (socket: Socket, timeoutMs: number, done: (first: FirstFlight) => void): void {
  readFirstOctets(socket, { timeoutMs, read }, first => {
    switch (first.kind) {
      case 'found': return done(first.found)
      case 'late': return done({ kind: 'refused', reason: 'the ClientHello took too long', isTls: true, isLimit: true })
      case 'gone': return done(first)
    }
  })
}

function read (held: Buffer): Reading<FirstFlight> {
  const result = parseClientHello(held)
  return result.kind === 'incomplete' && held.length <= maxFirstFlightBytes
    ? { kind: 'more', atLeast: result.atLeast }
    : { kind: 'found', found: verdictOn(result), octets: 0 }
}

function verdictOn (result: ClientHelloResult): FirstFlight {
  switch (result.kind) {
    case 'complete': return { kind: 'hello', hello: result.hello }
    case 'notTls': return { kind: 'refused', reason: 'not TLS', isTls: false, isLimit: false }
    case 'malformed': return { kind: 'refused', reason: result.reason, isTls: true, isLimit: result.reason === tooLarge }
    case 'incomplete': return { kind: 'refused', reason: tooLarge, isTls: true, isLimit: true }
  }
}
