import { extensionDer, type ExtensionSpec } from './certificate-extensions.ts'
import { bitString, boolean, certificateTime, enumerated, explicit, implicit, integer, pem, sequence, der } from './der.ts'
import type { Authority, Issued } from './pki.ts'
import { nameDer } from './pki.ts'
import { signDer, type SigningOptions } from './signing.ts'

const hourMs = 3_600_000

export interface CrlEntrySpec {
  /** Content octets in hexadecimal, or the certificate itself. */
  readonly serial: string | { readonly serialHex: string }
  readonly revokedAtMs?: number | undefined
  readonly reason?: number | undefined
  /** The Name of certificateIssuer. */
  readonly certificateIssuer?: Buffer | undefined
  readonly extensions?: readonly ExtensionSpec[] | undefined
}

export interface ScopeSpec {
  /** URIs of the full name; a Buffer is a whole DistributionPointName. */
  readonly point?: readonly string[] | Buffer | undefined
  readonly only?: 'user' | 'ca' | 'attribute' | undefined
  /** ReasonFlags, as numbers of bits. */
  readonly reasons?: readonly number[] | undefined
  readonly isIndirect?: boolean | undefined
}

export interface CrlSpec {
  readonly entries?: readonly CrlEntrySpec[] | undefined
  readonly thisUpdateMs?: number | undefined
  /** Null leaves it out. */
  readonly nextUpdateMs?: number | null | undefined
  readonly number?: number | undefined
  readonly scope?: ScopeSpec | undefined
  readonly extensions?: readonly ExtensionSpec[] | undefined
  /** Another name than the signer's. */
  readonly issuerName?: Buffer | undefined
  readonly signing?: SigningOptions | undefined
  /** Version 1 has no extensions. */
  readonly version?: 1 | 2 | undefined
  /** Changes what is signed. */
  readonly beforeSigning?: ((tbs: Buffer) => Buffer) | undefined
  /** In place of the list that `entries` makes. */
  readonly entryList?: Buffer | undefined
}

/** A CRL in DER, signed by whoever is given. */
export function buildCrl (signer: Authority | Issued, spec: CrlSpec = {}): Buffer {
  const { entries = [], thisUpdateMs = Date.now() - hourMs / 60, nextUpdateMs = Date.now() + hourMs, version = 2, beforeSigning = tbs => tbs } = spec
  const { algorithm } = signDer(signer.privateKey, Buffer.alloc(0), spec.signing)
  const extensions = [
    ...(spec.number === undefined ? [] : [{ oid: '2.5.29.20', value: integer(spec.number) }]),
    ...(spec.scope === undefined ? [] : [{ oid: '2.5.29.28', critical: true, value: scopeDer(spec.scope) }]),
    ...spec.extensions ?? []
  ].map(extensionDer)
  const list = spec.entryList ?? (entries.length === 0 ? undefined : sequence(...entries.map(entryDer)))
  const tbs = beforeSigning(sequence(
    ...(version === 2 ? [integer(1)] : []),
    algorithm,
    spec.issuerName ?? signer.certificate.subjectDer,
    certificateTime(thisUpdateMs),
    ...(nextUpdateMs === null ? [] : [certificateTime(nextUpdateMs)]),
    ...(list === undefined ? [] : [list]),
    ...(extensions.length === 0 ? [] : [explicit(0, sequence(...extensions))])
  ))
  return sequence(tbs, algorithm, bitString(signDer(signer.privateKey, tbs, spec.signing).signature))
}

export const crlPem = (crlDer: Buffer): string => pem('X509 CRL', crlDer)

export function entryDer ({ serial, revokedAtMs = Date.now() - hourMs, reason, certificateIssuer, extensions = [] }: CrlEntrySpec): Buffer {
  const all = [
    ...(reason === undefined ? [] : [{ oid: '2.5.29.21', value: enumerated(reason) }]),
    ...(certificateIssuer === undefined ? [] : [{ oid: '2.5.29.29', critical: true, value: sequence(explicit(4, certificateIssuer)) }]),
    ...extensions
  ].map(extensionDer)
  return sequence(integer(Buffer.from(typeof serial === 'string' ? serial : serial.serialHex, 'hex')), certificateTime(revokedAtMs), ...(all.length === 0 ? [] : [sequence(...all)]))
}

const uriNames = (uris: readonly string[]): Buffer[] => uris.map(uri => implicit(6, Buffer.from(uri)))

function scopeDer ({ point, only, reasons, isIndirect }: ScopeSpec): Buffer {
  const flag = (n: number, isSet: boolean): Buffer[] => isSet ? [implicit(n, boolean(true).subarray(2))] : []
  return sequence(
    ...(point === undefined ? [] : [explicit(0, Buffer.isBuffer(point) ? point : explicit(0, ...uriNames(point)))]),
    ...flag(1, only === 'user'),
    ...flag(2, only === 'ca'),
    ...(reasons === undefined ? [] : [implicit(3, reasonBits(reasons))]),
    ...flag(4, isIndirect === true),
    ...flag(5, only === 'attribute')
  )
}

export interface PointSpec {
  readonly uris?: readonly string[] | undefined
  readonly reasons?: readonly number[] | undefined
  readonly crlIssuers?: readonly (Buffer | string)[] | undefined
  /** nameRelativeToCRLIssuer */
  readonly isRelative?: boolean | undefined
}

/** cRLDistributionPoints for `extensions` of a certificate. */
export function crlPointsExtension (points: readonly PointSpec[]): ExtensionSpec {
  return {
    oid: '2.5.29.31',
    value: sequence(...points.map(({ uris, reasons, crlIssuers, isRelative }) => sequence(
      ...(isRelative === true ? [explicit(0, explicit(1, der(0x02, Buffer.of(1))))] : []),
      ...(uris === undefined ? [] : [explicit(0, explicit(0, ...uriNames(uris)))]),
      ...(reasons === undefined ? [] : [implicit(1, reasonBits(reasons))]),
      ...(crlIssuers === undefined ? [] : [explicit(2, ...crlIssuers.map(name => explicit(4, nameDer(name))))])
    )))
  }
}

function reasonBits (reasons: readonly number[]): Buffer {
  const bits = Buffer.alloc(2)
  for (const reason of reasons) bits[reason >> 3] = (bits[reason >> 3] ?? 0) | (0x80 >> (reason & 7))
  return bitString(bits, 7).subarray(2)
}
