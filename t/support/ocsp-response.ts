import { createHash, type KeyObject } from 'node:crypto'
import type { Certificate } from '@clinch/ocsp-core'
import { extensionDer, type ExtensionSpec } from './certificate-extensions.ts'
import { bitString, enumerated, explicit, generalizedTime, implicit, integer, octetString, oid, sequence } from './der.ts'
import { hashAlgorithm, signDer, type SigningHash, type SigningOptions } from './signing.ts'

/** One SingleResponse. What is a Buffer goes in as it is. */
export interface EntrySpec {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly hash?: SigningHash | undefined
  readonly hashParameters?: 'null' | 'absent' | undefined
  /** A whole AlgorithmIdentifier. */
  readonly hashAlgorithm?: Buffer | undefined
  readonly serial?: Uint8Array | undefined
  readonly issuerNameHash?: Buffer | undefined
  readonly issuerKeyHash?: Buffer | undefined
  readonly status?: 'good' | 'revoked' | 'unknown' | Buffer | undefined
  readonly revokedAtMs?: number | undefined
  readonly reason?: number | undefined
  readonly thisUpdate: number | string | Buffer
  /** null leaves it out. */
  readonly nextUpdate: number | string | Buffer | null
  readonly extensions?: readonly ExtensionSpec[] | undefined
}

export interface ResponseSpec {
  readonly entries: readonly EntrySpec[]
  readonly signer: { readonly certificate: Certificate, readonly privateKey: KeyObject }
  readonly responderId?: 'byName' | 'byKey' | Buffer | undefined
  readonly producedAt: number | string | Buffer
  readonly extensions?: readonly ExtensionSpec[] | undefined
  readonly nonce?: Uint8Array | undefined
  /** Embedded certificates in DER. */
  readonly certs?: readonly Buffer[] | undefined
  readonly signing?: SigningOptions | undefined
  /** Put in front of the tbsResponseData's members, for an encoded version. */
  readonly version?: Buffer | undefined
  readonly responseType?: string | undefined
  readonly responseStatus?: number | undefined
  /** In place of the computed AlgorithmIdentifier. */
  readonly algorithm?: Buffer | undefined
  /** Changes tbsResponseData before it is signed, or after. */
  readonly beforeSigning?: ((tbs: Buffer) => Buffer) | undefined
  readonly afterSigning?: ((tbs: Buffer) => Buffer) | undefined
  readonly signature?: ((signature: Buffer) => Buffer) | undefined
  readonly signatureUnusedBits?: number | undefined
}

const nonceOid = '1.3.6.1.5.5.7.48.1.2'

/** An OCSPResponse in DER, right or wrong in any way. */
export function buildResponse (spec: ResponseSpec): Buffer {
  const { signer, beforeSigning = same, afterSigning = same, signature: changed = same, responseType = '1.3.6.1.5.5.7.48.1.1' } = spec
  const tbs = beforeSigning(responseData(spec))
  const { algorithm, signature } = signDer(signer.privateKey, tbs, spec.signing)
  const basic = sequence(
    afterSigning(tbs),
    spec.algorithm ?? algorithm,
    bitString(changed(signature), spec.signatureUnusedBits),
    ...(spec.certs === undefined ? [] : [explicit(0, sequence(...spec.certs))])
  )
  return sequence(enumerated(spec.responseStatus ?? 0), explicit(0, sequence(oid(responseType), octetString(basic))))
}

/** An unsigned answer: 1 malformedRequest, 2 internalError, 3 tryLater, 5 sigRequired, 6 unauthorized. */
export const buildRefusal = (status: number): Buffer => sequence(enumerated(status))

function responseData ({ entries, signer, responderId = 'byName', producedAt, extensions = [], nonce, version }: ResponseSpec): Buffer {
  const all = nonce === undefined ? extensions : [{ oid: nonceOid, value: octetString(nonce) }, ...extensions]
  return sequence(
    ...(version === undefined ? [] : [version]),
    Buffer.isBuffer(responderId) ? responderId : responderIdOf(signer.certificate, responderId),
    timeOf(producedAt),
    sequence(...entries.map(singleResponse)),
    ...(all.length === 0 ? [] : [explicit(1, sequence(...all.map(extensionDer)))])
  )
}

export function responderIdOf (certificate: Certificate, kind: 'byName' | 'byKey'): Buffer {
  return kind === 'byName' ? explicit(1, certificate.subjectDer) : explicit(2, octetString(createHash('sha1').update(certificate.publicKeyBits).digest()))
}

export function singleResponse (entry: EntrySpec): Buffer {
  const { extensions = [], nextUpdate } = entry
  return sequence(
    certId(entry),
    statusOf(entry),
    timeOf(entry.thisUpdate),
    ...(nextUpdate === null ? [] : [explicit(0, timeOf(nextUpdate))]),
    ...(extensions.length === 0 ? [] : [explicit(1, sequence(...extensions.map(extensionDer)))])
  )
}

function certId ({ certificate, issuer, hash = 'sha256', hashParameters, ...rest }: EntrySpec): Buffer {
  const digest = (octets: Buffer): Buffer => createHash(hash).update(octets).digest()
  return sequence(
    rest.hashAlgorithm ?? hashAlgorithm(hash, hashParameters ?? (hash === 'sha256' ? 'absent' : 'null')),
    octetString(rest.issuerNameHash ?? digest(certificate.issuerDer)),
    octetString(rest.issuerKeyHash ?? digest(issuer.publicKeyBits)),
    integer(rest.serial ?? certificate.serialNumber)
  )
}

function statusOf ({ status = 'good', revokedAtMs = Date.UTC(2026, 0, 1), reason }: EntrySpec): Buffer {
  if (Buffer.isBuffer(status)) return status
  switch (status) {
    case 'good': return implicit(0)
    case 'unknown': return implicit(2)
    case 'revoked': return explicit(1, generalizedTime(revokedAtMs), ...(reason === undefined ? [] : [explicit(0, enumerated(reason))]))
  }
}

const timeOf = (time: number | string | Buffer): Buffer => Buffer.isBuffer(time) ? time : generalizedTime(time)

const same = (octets: Buffer): Buffer => octets
