import { randomBytes } from 'node:crypto'
import { explicit, implicit, integer, nul, sequence, utf8 } from '../../support/der.ts'
import { buildResponse, type EntrySpec, responderIdOf, type ResponseSpec } from '../../support/ocsp-response.ts'
import { nameDer } from '../../support/pki.ts'
import { hashAlgorithm, type SigningOptions } from '../../support/signing.ts'
import { dayMs, hourMs, minuteMs, nowMs } from '../world.ts'
import type { Cast } from './cast.ts'
import { damaged } from './damage.ts'
import type { Recipe } from './recipe.ts'

/** The response that a recipe asks for. */
export function cook (recipe: Recipe, cast: Cast): Buffer {
  const signer = cast.signers[recipe.signer]
  const spec: ResponseSpec = {
    entries: entriesOf(recipe, cast),
    signer,
    responderId: responderIdIn(recipe, cast),
    producedAt: timesOf(recipe).producedAt,
    certs: certsOf(recipe, cast),
    signing: signingOf(recipe, signer.privateKey.asymmetricKeyType),
    ...(recipe.signing === 'wrongAlgorithm' ? { algorithm: hashAlgorithm('sha256', 'absent') } : {}),
    ...versionOf(recipe),
    extensions: responseExtensions(recipe)
  }
  return damaged(spec, recipe, buildResponse)
}

function entriesOf (recipe: Recipe, cast: Cast): EntrySpec[] {
  const { leaf, authority, namesake, sibling } = cast
  const { thisUpdate, nextUpdate } = timesOf(recipe)
  const plain: EntrySpec = { certificate: leaf.certificate, issuer: authority.certificate, hash: recipe.hash, thisUpdate, nextUpdate }
  const ours: EntrySpec = {
    ...plain,
    ...(recipe.hashParameters === 'usual' ? {} : { hashParameters: recipe.hashParameters }),
    ...certIdOf(recipe, cast),
    ...statusOf(recipe),
    ...(recipe.extensions === 'unknownCriticalInEntry' ? { extensions: [strange(true)] } : {})
  }
  switch (recipe.neighbours) {
    case 'none': return [ours]
    case 'siblingBefore': return [{ ...plain, certificate: sibling.certificate }, ours]
    case 'siblingAfter': return [ours, { ...plain, certificate: sibling.certificate }]
    case 'foreignBefore': return [{ ...plain, certificate: sibling.certificate, issuer: namesake.certificate }, ours]
    case 'ourRevokedToo': return [ours, { ...plain, status: 'revoked' }]
    case 'ourOtherHashToo': return [{ ...ours, hash: recipe.hash === 'sha1' ? 'sha256' : 'sha1' }, ours]
  }
}

function certIdOf ({ certId }: Recipe, { leaf, namesake, sibling }: Cast): Partial<EntrySpec> {
  switch (certId) {
    case 'ours': return {}
    case 'otherSerial': return { certificate: sibling.certificate }
    case 'namesakeKey': return { issuer: namesake.certificate }
    case 'otherName': return { issuerNameHash: randomBytes(32) }
    case 'paddedSerial': return { serial: Buffer.concat([Buffer.from([0]), leaf.certificate.serialNumber]) }
  }
}

function statusOf ({ status }: Recipe): Partial<EntrySpec> {
  switch (status) {
    case 'good':
    case 'unknown':
    case 'revoked': return { status }
    case 'revokedWithReason': return { status: 'revoked', reason: 1 }
    case 'revokedOddReason': return { status: 'revoked', reason: 99 }
    case 'hold': return { status: 'revoked', reason: 6, revokedAtMs: 0 }
    case 'goodWithContent': return { status: implicit(0, Buffer.from([0])) }
    case 'tagThree': return { status: implicit(3) }
  }
}

interface Times {
  readonly thisUpdate: number | string
  readonly nextUpdate: number | string | null
  readonly producedAt: number
}

function timesOf ({ times }: Recipe): Times {
  const usual = { thisUpdate: nowMs - hourMs, nextUpdate: nowMs + dayMs, producedAt: nowMs - hourMs }
  switch (times) {
    case 'current': return usual
    case 'aboutToStart': return { ...usual, thisUpdate: nowMs + 3 * minuteMs }
    case 'future': return { ...usual, thisUpdate: nowMs + hourMs }
    case 'justEnded': return { ...usual, nextUpdate: nowMs - minuteMs }
    case 'ended': return { ...usual, thisUpdate: nowMs - 2 * dayMs, nextUpdate: nowMs - dayMs, producedAt: nowMs - 2 * dayMs }
    case 'endless': return { ...usual, nextUpdate: null }
    case 'backwards': return { ...usual, thisUpdate: nowMs - minuteMs, nextUpdate: nowMs - 2 * minuteMs }
    case 'producedLater': return { ...usual, producedAt: nowMs + hourMs }
    case 'producedAfterEnd': return { ...usual, thisUpdate: nowMs - dayMs, nextUpdate: nowMs - 4 * minuteMs, producedAt: nowMs + 4 * minuteMs }
    case 'fractions': return { ...usual, thisUpdate: '20260101000000.5Z' }
    case 'offset': return { ...usual, thisUpdate: '20260101000000+0100' }
    case 'impossible': return { ...usual, thisUpdate: '20260230000000Z' }
    case 'year9999': return { ...usual, nextUpdate: '99991231235959Z' }
  }
}

function responderIdIn ({ responderId }: Recipe, { authority }: Cast): NonNullable<ResponseSpec['responderId']> {
  switch (responderId) {
    case 'byName':
    case 'byKey': return responderId
    case 'nobody': return explicit(1, nameDer('nobody'))
    case 'issuer': return responderIdOf(authority.certificate, 'byName')
  }
}

function certsOf ({ certs, signer }: Recipe, { signers, sibling }: Cast): Buffer[] | undefined {
  const { certDer } = signers[signer]
  switch (certs) {
    case 'signer': return signer === 'issuer' || signer === 'configured' ? undefined : [certDer]
    case 'none': return undefined
    case 'junkFirst': return [sibling.certDer, certDer]
    case 'signerTwice': return [certDer, certDer]
    case 'nine': return [...new Array<Buffer>(8).fill(sibling.certDer), certDer]
  }
}

function signingOf ({ signing }: Recipe, keyType: string | undefined): SigningOptions {
  if (signing === 'wrongAlgorithm') return {}
  return signing === 'pss' ? (keyType === 'rsa' ? { pss: {} } : {}) : { hash: signing }
}

function versionOf ({ version }: Recipe): { version?: Buffer } {
  return version === 'default' ? {} : { version: explicit(0, integer(version === 'two' ? 1 : 0)) }
}

function responseExtensions ({ extensions }: Recipe): NonNullable<ResponseSpec['extensions']> {
  switch (extensions) {
    case 'none':
    case 'unknownCriticalInEntry': return []
    case 'nonce': return [{ oid: '1.3.6.1.5.5.7.48.1.2', value: utf8('odd') }]
    case 'unknown': return [strange(false)]
    case 'unknownCritical': return [strange(true)]
    case 'twice': return [strange(false), strange(false)]
    case 'extendedRevoke': return [{ oid: '1.3.6.1.5.5.7.48.1.9', value: nul() }]
  }
}

const strange = (critical: boolean): { oid: string, critical: boolean, value: Buffer } => ({ oid: '1.3.6.1.4.1.99999.7', critical, value: sequence() })
