import { bitString, enumerated, explicit, octetString, oid, sequence } from '../../t/support/der.ts'
import { signDer } from '../../t/support/signing.ts'
import { createFuzzWorld, leafSerial } from './corpus.ts'
import { mutate } from './mutate.ts'
import { judgeAtAllDoors } from './response-doors.ts'
import type { FuzzTarget } from './target.ts'

// What follows the serial in an entry about the leaf.
const statusOctets = { good: '8000', unknown: '8200', revoked: 'a1' } as const

/** Responses damaged before they were signed, as a broken responder makes them: a verdict is only ever what an entry says. */
export function createSignedTarget (): FuzzTarget {
  const world = createFuzzWorld()
  const { samples, delegate } = world
  const signedParts = samples.map(({ signedPart }) => signedPart)
  const sign = (tbs: Buffer): Buffer => {
    const { algorithm, signature } = signDer(delegate.privateKey, tbs)
    const basic = sequence(tbs, algorithm, bitString(signature), explicit(0, sequence(delegate.certDer)))
    return sequence(enumerated(0), explicit(0, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic))))
  }
  return {
    name: 'signed',
    sideBySide: 1,
    invent: random => sign(mutate(random.pick(signedParts), signedParts, random)),
    judge: input => judgeAtAllDoors(input, world, kind =>
      input.includes(Buffer.from(`0202${leafSerial}${statusOctets[kind]}`, 'hex')) ? undefined : `${kind}, and no entry says that`),
    close: async () => {}
  }
}
