import { type AlgorithmIdentifier, readAlgorithmIdentifier } from '../der/algorithm-identifier.ts'
import { DerCursor } from '../der/cursor.ts'
import type { DerElement } from '../der/element.ts'
import { readSmallInteger } from '../der/integer.ts'
import { contextConstructed, tags } from '../der/tags.ts'
import { oids } from '../oids.ts'
import { hashOfOid } from '../request/hash.ts'
import type { SignatureScheme } from './scheme.ts'

const usualTrailer = 1
const defaultSaltLength = 20
const maxSaltLength = 512

/**
 * RSASSA-PSS-params as a scheme [RFC 4055 3.1]. The mask must be MGF1 with the same hash and the trailer the usual
 * one; anything else is undefined. What is left out means SHA-1 and 20 octets of salt.
 */
export function readPssScheme ({ parameters }: AlgorithmIdentifier): SignatureScheme | undefined {
  if (parameters?.tag !== tags.sequence) return undefined
  try {
    return schemeOf(parameters)
  } catch {
    return undefined
  }
}

function schemeOf (parameters: DerElement): SignatureScheme | undefined {
  const members = DerCursor.into(parameters)
  const hash = hashNamed(members.readExplicit(contextConstructed(0), tags.sequence, 'hashAlgorithm'))
  const maskHash = maskHashOf(members.readExplicit(contextConstructed(1), tags.sequence, 'maskGenAlgorithm'))
  const saltLength = numberOf(members.readExplicit(contextConstructed(2), tags.integer, 'saltLength'), defaultSaltLength)
  const trailer = numberOf(members.readExplicit(contextConstructed(3), tags.integer, 'trailerField'), usualTrailer)
  members.finish('RSASSA-PSS parameters')
  if (hash === undefined || maskHash !== hash || trailer !== usualTrailer || saltLength > maxSaltLength) return undefined
  return { kind: 'rsa-pss', hash, saltLength }
}

function maskHashOf (algorithm: DerElement | undefined): ReturnType<typeof hashOfOid> {
  if (algorithm === undefined) return 'sha1'
  const { oid, parameters } = readAlgorithmIdentifier(algorithm)
  return oid === oids.mgf1 && parameters?.tag === tags.sequence ? hashNamed(parameters) : undefined
}

const hashNamed = (algorithm: DerElement | undefined): ReturnType<typeof hashOfOid> =>
  algorithm === undefined ? 'sha1' : hashOfOid(readAlgorithmIdentifier(algorithm).oid)

const numberOf = (element: DerElement | undefined, otherwise: number): number =>
  element === undefined ? otherwise : readSmallInteger(element)
