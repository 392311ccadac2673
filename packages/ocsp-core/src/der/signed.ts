import { type AlgorithmIdentifier, readAlgorithmIdentifier } from './algorithm-identifier.ts'
import type { DerCursor } from './cursor.ts'
import { type DerElement, derOf } from './element.ts'
import { readOctetsOfBitString } from './strings.ts'
import { tags } from './tags.ts'
import { checkWellFormed } from './well-formed.ts'

/** What certificates, CRLs and OCSP responses have around them. [RFC 5280 4.1.1, 5.1.1; RFC 6960 4.2.1] */
export interface Signed {
  /** The exact octets that were signed. */
  readonly tbsDer: Buffer
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** The algorithm as it stands before the signature. */
  readonly outerAlgorithmDer: Buffer
  readonly signature: Buffer
}

/** Reads what was signed, which is not looked into, the algorithm and the signature. Throws DerFault. */
export function readSigned (cursor: DerCursor, tbsName: string): Signed & { readonly tbs: DerElement } {
  const tbs = cursor.read(tags.sequence, tbsName)
  const algorithm = cursor.read(tags.sequence, 'signatureAlgorithm')
  checkWellFormed(algorithm.octets, algorithm.offset, algorithm.end)
  return {
    tbs,
    tbsDer: derOf(tbs),
    signatureAlgorithm: readAlgorithmIdentifier(algorithm),
    outerAlgorithmDer: derOf(algorithm),
    signature: readOctetsOfBitString(cursor.read(tags.bitString, 'signature'))
  }
}
