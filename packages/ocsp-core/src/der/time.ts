import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'
import { tags } from './tags.ts'

/** GeneralizedTime as `YYYYMMDDHHMMSSZ` and nothing else, epoch milliseconds. [RFC 9919 3.2.4] */
export function readGeneralizedTime (element: DerElement): number {
  const content = contentOf(element)
  if (!isDigitsAndZ(content, 15)) throw new DerFault('time not of the form YYYYMMDDHHMMSSZ', element.offset)
  return toEpoch(twoDigits(content, 0) * 100 + twoDigits(content, 2), content.subarray(4), element)
}

/** The Time of a certificate: UTCTime up to 2049, GeneralizedTime after. [RFC 5280 4.1.2.5] */
export function readCertificateTime (element: DerElement): number {
  if (element.tag === tags.generalizedTime) return readGeneralizedTime(element)
  const content = contentOf(element)
  if (element.tag !== tags.utcTime || !isDigitsAndZ(content, 13)) throw new DerFault('time not of the form YYMMDDHHMMSSZ', element.offset)
  const year = twoDigits(content, 0)
  return toEpoch(year < 50 ? 2000 + year : 1900 + year, content.subarray(2), element)
}

const digitZero = 0x30
const digitNine = 0x39
const letterZ = 0x5a

function isDigitsAndZ (content: Buffer, length: number): boolean {
  if (content.length !== length || content[length - 1] !== letterZ) return false
  for (let i = 0; i < length - 1; i++) {
    const octet = content[i] ?? 0
    if (octet < digitZero || octet > digitNine) return false
  }
  return true
}

const twoDigits = (content: Buffer, at: number): number => ((content[at] ?? 0) - digitZero) * 10 + (content[at + 1] ?? 0) - digitZero

/** @param rest - MMDDHHMMSS and what follows */
function toEpoch (year: number, rest: Buffer, element: DerElement): number {
  const month = twoDigits(rest, 0)
  const day = twoDigits(rest, 2)
  const hour = twoDigits(rest, 4)
  const minute = twoDigits(rest, 6)
  const second = twoDigits(rest, 8)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const dayExists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!dayExists || hour > 23 || minute > 59 || second > 59) throw new DerFault('impossible date', element.offset)
  return date.setUTCHours(hour, minute, second)
}
