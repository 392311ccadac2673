import { hash as hashOf } from 'node:crypto'
import { oids } from '../oids.ts'

/** Hashes that a CertID may use. [RFC 6960 4.1.1] */
export type CertIdHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

const byOid: ReadonlyMap<string, CertIdHash> = new Map([
  [oids.sha1, 'sha1'],
  [oids.sha256, 'sha256'],
  [oids.sha384, 'sha384'],
  [oids.sha512, 'sha512']
])

export const hashOfOid = (oid: string): CertIdHash | undefined => byOid.get(oid)

export const digest = (hash: CertIdHash, octets: Uint8Array): Buffer => hashOf(hash, octets, 'buffer')
