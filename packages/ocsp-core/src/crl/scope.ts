import { DerCursor } from '../der/cursor.ts'
import type { Extension } from '../der/extensions.ts'
import { DerFault } from '../der/fault.ts'
import { readBoolean } from '../der/strings.ts'
import { contextConstructed, contextPrimitive, tags } from '../der/tags.ts'
import { checkWellFormed } from '../der/well-formed.ts'
import { readPointName } from './distribution-points.ts'
import { allReasons, readReasons, type ReasonSet } from './reasons.ts'

/** For which certificates and reasons a CRL speaks. [RFC 5280 5.2.5] */
export interface CrlScope {
  /** The names of the one distribution point that it is for; undefined: for any. */
  readonly pointNames: readonly Buffer[] | undefined
  /** Undefined: of every kind. */
  readonly only: 'userCertificates' | 'caCertificates' | 'attributeCertificates' | undefined
  readonly reasons: ReasonSet
  /** It may list certificates of other issuers. */
  readonly isIndirect: boolean
}

export const unlimitedScope: CrlScope = { pointNames: undefined, only: undefined, reasons: allReasons, isIndirect: false }

const kinds = [[1, 'userCertificates'], [2, 'caCertificates'], [5, 'attributeCertificates']] as const

/** Of issuingDistributionPoint. Throws DerFault, also where it limits itself in two ways at once. */
export function readCrlScope ({ value }: Extension): CrlScope {
  checkWellFormed(value)
  const members = DerCursor.into(DerCursor.whole(value, tags.sequence, 'issuingDistributionPoint'))
  const pointName = members.readOptional(contextConstructed(0))
  const { fullName, isRelative } = readPointName(pointName)
  const isOnly = [readFlag(members, 1), readFlag(members, 2)]
  const reasons = members.readOptional(contextPrimitive(3))
  const isIndirect = readFlag(members, 4)
  isOnly.push(readFlag(members, 5))
  members.finish('issuingDistributionPoint')
  const only = kinds.filter((_, at) => isOnly[at])
  if (only.length > 1) throw new DerFault('a scope that contradicts itself', 0)
  return {
    pointNames: pointName === undefined ? undefined : isRelative ? [] : fullName.ders, // a relative name matches nothing
    only: only[0]?.[1],
    reasons: reasons === undefined ? allReasons : readReasons(reasons),
    isIndirect
  }
}

// Some CAs spell the default out; it does no harm.
function readFlag (members: DerCursor, n: number): boolean {
  const flag = members.readOptional(contextPrimitive(n))
  return flag !== undefined && readBoolean(flag)
}
