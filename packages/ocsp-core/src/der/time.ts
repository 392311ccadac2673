import { contentOf, type DerElement } from './element.ts'
import { DerFault } from './fault.ts'
import { tags } from './tags.ts'

const generalizedTime = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
const utcTime = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/

/** GeneralizedTime as `YYYYMMDDHHMMSSZ` and nothing else, epoch milliseconds. [RFC 9919 3.2.4] */
export function readGeneralizedTime (element: DerElement): number {
  const match = generalizedTime.exec(contentOf(element).toString('latin1'))
  if (match === null) throw new DerFault('time not of the form YYYYMMDDHHMMSSZ', element.offset)
  return toEpoch(match.slice(1).map(Number), element)
}

/** The Time of a certificate: UTCTime up to 2049, GeneralizedTime after. [RFC 5280 4.1.2.5] */
export function readCertificateTime (element: DerElement): number {
  if (element.tag === tags.generalizedTime) return readGeneralizedTime(element)
  const match = element.tag === tags.utcTime ? utcTime.exec(contentOf(element).toString('latin1')) : null
  if (match === null) throw new DerFault('time not of the form YYMMDDHHMMSSZ', element.offset)
  const [year = 0, ...rest] = match.slice(1).map(Number)
  return toEpoch([year < 50 ? 2000 + year : 1900 + year, ...rest], element)
}

function toEpoch (fields: readonly number[], element: DerElement): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const back = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
  if (back.some((value, i) => value !== fields[i])) throw new DerFault('impossible date', element.offset)
  return date.getTime()
}
