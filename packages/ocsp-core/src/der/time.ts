import type { DerElement } from './element.ts'
import { DerFault } from './fault.ts'
import { tags } from './tags.ts'

/** GeneralizedTime as `YYYYMMDDHHMMSSZ` and nothing else, epoch milliseconds. [RFC 9919 3.2.4] */
export function readGeneralizedTime ({ octets, offset, contentOffset, end }: DerElement): number {
  return generalizedTimeAt(octets, offset, contentOffset, end)
}

/** The Time of a certificate or a CRL: UTCTime up to 2049, GeneralizedTime after. [RFC 5280 4.1.2.5, 5.1.2.4] */
export function readCertificateTime ({ octets, tag, offset, contentOffset, end }: DerElement): number {
  return certificateTimeAt(octets, tag, offset, contentOffset, end)
}

/** `readCertificateTime` of an element that nobody made an object of, for lists of hundreds of thousands. */
export function certificateTimeAt (octets: Buffer, tag: number, offset: number, contentOffset: number, end: number): number {
  if (tag === tags.generalizedTime) return generalizedTimeAt(octets, offset, contentOffset, end)
  if (tag !== tags.utcTime || !isDigitsAndZ(octets, contentOffset, end, 13)) throw new DerFault('time not of the form YYMMDDHHMMSSZ', offset)
  const year = twoDigits(octets, contentOffset)
  return toEpoch(year < 50 ? 2000 + year : 1900 + year, octets, contentOffset + 2, offset)
}

const digitZero = 0x30
const digitNine = 0x39
const letterZ = 0x5a

function generalizedTimeAt (octets: Buffer, offset: number, contentOffset: number, end: number): number {
  if (!isDigitsAndZ(octets, contentOffset, end, 15)) throw new DerFault('time not of the form YYYYMMDDHHMMSSZ', offset)
  return toEpoch(twoDigits(octets, contentOffset) * 100 + twoDigits(octets, contentOffset + 2), octets, contentOffset + 4, offset)
}

function isDigitsAndZ (octets: Buffer, start: number, end: number, length: number): boolean {
  if (end - start !== length || octets[end - 1] !== letterZ) return false
  for (let i = start; i < end - 1; i++) {
    const octet = octets[i] ?? 0
    if (octet < digitZero || octet > digitNine) return false
  }
  return true
}

const twoDigits = (octets: Buffer, at: number): number => ((octets[at] ?? 0) - digitZero) * 10 + (octets[at + 1] ?? 0) - digitZero

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** @param at - where MMDDHHMMSS begins */
function toEpoch (year: number, octets: Buffer, at: number, offset: number): number {
  const month = twoDigits(octets, at)
  const day = twoDigits(octets, at + 2)
  const hour = twoDigits(octets, at + 4)
  const minute = twoDigits(octets, at + 6)
  const second = twoDigits(octets, at + 8)
  const lastDay = month === 2 && isLeapYear(year) ? 29 : daysOfMonth[month - 1] ?? 0
  if (day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) throw new DerFault('impossible date', offset)
  // Date.UTC takes a year below 100 for one of the last century
  return year < 100 ? new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000 : Date.UTC(year, month - 1, day, hour, minute, second)
}

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
