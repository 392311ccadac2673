import { DerCursor } from '../der/cursor.ts'
import type { DerElement } from '../der/element.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import { type GeneralNames, noNames, readGeneralNames } from './general-names.ts'
import { allReasons, readReasons, type ReasonSet } from './reasons.ts'

/** Where a certificate says that a CRL which speaks for it is found. [RFC 5280 4.2.1.13] */
export interface CrlPoint {
  /** Of the full name, in order, all schemes. */
  readonly uris: readonly string[]
  /** The names of the point as they stand, those of its cRLIssuer where it has none: a CRL for one point repeats one of them. */
  readonly names: readonly Buffer[]
  /** Names of those who issue the CRL in place of the certificate's issuer; empty: the issuer does. */
  readonly crlIssuers: readonly Buffer[]
  /** The reasons for which the CRL is kept there. */
  readonly reasons: ReasonSet
  /** Why nothing can be fetched from it. */
  readonly skipped: 'nameRelativeToCRLIssuer' | 'noUri' | undefined
}

/** All points of cRLDistributionPoints, usable or not. */
export function readCrlPoints (value: Buffer): CrlPoint[] {
  const list = DerCursor.into(DerCursor.whole(value, tags.sequence, 'cRLDistributionPoints'))
  const points: CrlPoint[] = []
  while (!list.atEnd) points.push(readPoint(list.readAny()))
  return points
}

function readPoint (element: DerElement): CrlPoint {
  const members = DerCursor.into(element)
  const name = members.readOptional(contextConstructed(0))
  const { fullName, isRelative } = readPointName(name)
  const reasons = members.readOptional(contextPrimitive(1))
  const wrapped = members.readOptional(contextConstructed(2))
  const crlIssuer = wrapped === undefined ? noNames : readGeneralNames(wrapped)
  return {
    uris: fullName.uris,
    names: name === undefined ? crlIssuer.ders : fullName.ders,
    crlIssuers: crlIssuer.directoryNames,
    reasons: reasons === undefined ? allReasons : readReasons(reasons),
    skipped: isRelative ? 'nameRelativeToCRLIssuer' : fullName.uris.length === 0 ? 'noUri' : undefined
  }
}

/** A DistributionPointName in its wrapper. A name relative to the CRL's issuer is said to be there and is not read. */
export function readPointName (wrapper: DerElement | undefined): { readonly fullName: GeneralNames, readonly isRelative: boolean } {
  const choice = wrapper === undefined ? undefined : DerCursor.into(wrapper)
  const fullName = choice?.readOptional(contextConstructed(0))
  return { fullName: fullName === undefined ? noNames : readGeneralNames(fullName), isRelative: choice?.nextTag === contextConstructed(1) }
}
