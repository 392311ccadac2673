import type { ResponseReport } from '../report/report.ts'
import type { Row } from './layout.ts'
import type { Paint, Style } from './paint.ts'
import { durationWords, timeWords } from '../report/time-words.ts'

const styles = { good: 'good', revoked: 'bad', unknown: 'bad' } as const satisfies Record<ResponseReport['status'], Style>
const hashes: ReadonlyMap<string, string> = new Map([['sha1', 'SHA-1'], ['sha256', 'SHA-256'], ['sha384', 'SHA-384'], ['sha512', 'SHA-512']])

export function responseRows (response: ResponseReport, paint: Paint): Row[] {
  const { status, signer, hash, this_update: thisUpdate, next_update: nextUpdate, usable_end: usableEnd } = response
  return [
    ['status', paint(styles[status], status) + revocation(response)],
    ['from', `${timeWords(thisUpdate)} (this update)`],
    ['until', `${timeWords(nextUpdate)} (next update)`],
    ...(usableEnd === nextUpdate ? [] : [['', `${timeWords(usableEnd)} at the latest: the certificate or the signer ends`] as const]),
    ['time left', timeLeft(response)],
    ['signer', signer.subject, signer.why],
    ['hash', `${hashes.get(hash) ?? hash} in the CertID`]
  ]
}

function revocation ({ revoked_at: since, revocation_reason: reason, not_issued: notIssued }: ResponseReport): string {
  if (notIssued === true) return ', never issued'
  if (since === undefined) return ''
  return ` since ${timeWords(since)}${reason === undefined ? '' : `, ${reason}`}`
}

function timeLeft ({ seconds_left: left, window_seconds: window }: ResponseReport): string {
  return left > 0 ? `${durationWords(left)} of ${durationWords(window)}` : `none: it ended ${durationWords(left)} ago`
}
