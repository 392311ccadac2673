import type { Socket } from 'node:net'
import { readFirstOctets } from './read-first-octets.ts'

/**
 * Waits until a fresh connection has sent enough to tell whether it begins with these octets, and puts back what it sent.
 *
 * @param done - called once; undefined when the client left or took longer than `timeoutMs`
 */
export function readBeginning (socket: Socket, wanted: Buffer, timeoutMs: number, done: (doesBegin: boolean | undefined) => void): void {
  readFirstOctets(socket, {
    timeoutMs,
    read (held) {
      const compared = Math.min(held.length, wanted.length)
      const isSame = held.compare(wanted, 0, compared, 0, compared) === 0
      return isSame && compared < wanted.length ? { kind: 'more', atLeast: compared + 1 } : { kind: 'found', found: isSame, octets: 0 }
    }
  }, first => done(first.kind === 'found' ? first.found : undefined))
}
