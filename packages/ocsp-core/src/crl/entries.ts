import { contentOffsetOf, type DerElement, endOfElement, readElement } from '../der/element.ts'
import { type Extension, readExtensions } from '../der/extensions.ts'
import { DerCursor } from '../der/cursor.ts'
import { DerFault } from '../der/fault.ts'
import { isSpare, readSmallInteger } from '../der/integer.ts'
import { tags } from '../der/tags.ts'
import { certificateTimeAt } from '../der/time.ts'
import { checkWellFormed } from '../der/well-formed.ts'
import { oids } from '../oids.ts'
import { CriticalExtensionFault } from './critical-extension-fault.ts'
import { readGeneralNames } from './general-names.ts'
import { noReason, SerialTable } from './serial-table.ts'

export interface CrlEntries {
  readonly table: SerialTable
  /** The Names by the numbers that the table has for them; the issuer of the CRL is the first. */
  readonly issuers: readonly Buffer[]
}

// SEQUENCE, INTEGER of one octet, UTCTime
const shortestEntry = 20
const maxIssuers = 1024

/**
 * revokedCertificates, in one pass that makes no object for an entry without odd extensions.
 *
 * @param isIndirect - whether entries may name the issuer of their certificate, which those after them then have too
 * @throws DerFault, CriticalExtensionFault
 */
export function readEntries (list: DerElement | undefined, issuerDer: Buffer, isIndirect: boolean): CrlEntries {
  const issuers = new IssuerNumbers(issuerDer, isIndirect)
  if (list === undefined) return { table: new SerialTable(emptyColumns), issuers: issuers.names }
  const { octets, contentOffset, end } = list
  const most = Math.floor((end - contentOffset) / shortestEntry)
  const serials = Buffer.allocUnsafeSlow(end - contentOffset)
  const starts = new Uint32Array(most + 1)
  const seconds = new Uint32Array(most)
  const reasons = new Uint8Array(most).fill(noReason)
  const numbers = isIndirect ? new Uint16Array(most) : undefined
  let count = 0
  let filled = 0
  for (let offset = contentOffset; offset < end; count++) {
    if (octets[offset] !== tags.sequence) throw new DerFault('entry expected', offset)
    const entryEnd = endOfElement(octets, offset, end)
    const serialOffset = contentOffsetOf(octets, offset)
    const serialEnd = endOfInteger(octets, serialOffset, entryEnd)
    const timeEnd = endOfElement(octets, serialEnd, entryEnd)
    const revokedAtMs = certificateTimeAt(octets, octets[serialEnd] ?? 0, serialEnd, contentOffsetOf(octets, serialEnd), timeEnd)
    filled += octets.copy(serials, filled, contentOffsetOf(octets, serialOffset), serialEnd)
    starts[count + 1] = filled
    seconds[count] = Math.min(Math.max(revokedAtMs / 1000, 0), 0xffff_ffff)
    if (timeEnd < entryEnd) reasons[count] = plainReasonAt(octets, timeEnd, entryEnd) ?? readEntryExtensions(readElement(octets, timeEnd, entryEnd), entryEnd, issuers)
    if (numbers !== undefined) numbers[count] = issuers.current
    offset = entryEnd
  }
  return {
    table: new SerialTable({
      serials: Buffer.from(serials.subarray(0, filled)),
      starts: starts.slice(0, count + 1),
      seconds: seconds.slice(0, count),
      reasons: reasons.slice(0, count),
      issuers: numbers?.slice(0, count)
    }),
    issuers: issuers.names
  }
}

const emptyColumns = { serials: Buffer.alloc(0), starts: new Uint32Array(1), seconds: new Uint32Array(0), reasons: new Uint8Array(0), issuers: undefined }

function endOfInteger (octets: Buffer, offset: number, limit: number): number {
  if (octets[offset] !== tags.integer) throw new DerFault('serialNumber expected', offset)
  const end = endOfElement(octets, offset, limit)
  const contentOffset = contentOffsetOf(octets, offset)
  if (end === contentOffset) throw new DerFault('empty integer', offset)
  if (end - contentOffset > 1 && isSpare(octets, contentOffset)) throw new DerFault('non-minimal integer', offset)
  return end
}

// crlEntryExtensions as nearly all entries that have them: a reasonCode, not critical, and nothing else.
const plainReason = Buffer.from('300c300a0603551d1504030a01', 'hex')

function plainReasonAt (octets: Buffer, offset: number, entryEnd: number): number | undefined {
  if (entryEnd - offset !== plainReason.length + 1) return undefined
  for (let at = 0; at < plainReason.length; at++) if (octets[offset + at] !== plainReason[at]) return undefined
  const reason = octets[entryEnd - 1] ?? 0
  return reason < 0x80 ? reason : undefined
}

/** Gives the reason; tells `issuers` of an issuer that is named. */
function readEntryExtensions (list: DerElement, entryEnd: number, issuers: IssuerNumbers): number {
  if (list.tag !== tags.sequence || list.end !== entryEnd) throw new DerFault('crlEntryExtensions expected', list.offset)
  let reason = noReason
  for (const extension of readExtensions(list, 'tolerate').values()) {
    switch (extension.oid) {
      case oids.crlReason:
        reason = Math.min(readSmallInteger(DerCursor.whole(extension.value, tags.enumerated, 'reasonCode')), noReason - 1)
        break
      case oids.certificateIssuer:
        issuers.name(extension, list.offset)
        break
      case oids.invalidityDate:
      case oids.holdInstruction: break
      default: if (extension.critical) throw new CriticalExtensionFault(extension.oid)
    }
  }
  return reason
}

/** Numbers for the issuers that an indirect CRL names. [RFC 5280 5.3.3] */
class IssuerNumbers {
  readonly names: Buffer[]
  readonly #isIndirect: boolean
  readonly #numbers: Map<string, number>
  current = 0

  constructor (issuerDer: Buffer, isIndirect: boolean) {
    this.names = [Buffer.from(issuerDer)]
    this.#numbers = new Map([[issuerDer.toString('latin1'), 0]])
    this.#isIndirect = isIndirect
  }

  name ({ value }: Extension, offset: number): void {
    if (!this.#isIndirect) throw new DerFault('another issuer in a CRL that is not indirect', offset)
    checkWellFormed(value)
    const [name] = readGeneralNames(DerCursor.whole(value, tags.sequence, 'certificateIssuer')).directoryNames
    if (name === undefined) throw new DerFault('certificateIssuer without a directoryName', offset)
    const key = name.toString('latin1')
    const number = this.#numbers.get(key) ?? this.names.push(Buffer.from(name)) - 1
    if (number >= maxIssuers) throw new DerFault(`more than ${maxIssuers} issuers`, offset)
    this.#numbers.set(key, number)
    this.current = number
  }
}
