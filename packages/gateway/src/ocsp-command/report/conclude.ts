import type { CommandVerdict } from '../exit-status.ts'
import type { ResponderReport, ResponseReport, StapleReport } from './report.ts'
import { timeWords } from './time-words.ts'

export interface CheckFacts {
  /** undefined when no server was looked at. */
  readonly staple: StapleReport | undefined
  readonly responder: ResponderReport
  readonly mustStaple: boolean
}

export interface Concluded {
  readonly verdict: CommandVerdict
  readonly because: string
}

type Source = 'the staple' | 'the responder'

/**
 * The table of docs/ocsp-command.md from top to bottom: the first line that fits decides. `revoked` from either source
 * comes first, `good` only when nothing speaks against it, and what is left could not be told.
 */
export function conclude ({ staple, responder, mustStaple }: CheckFacts): Concluded {
  const stapled = responseOf(staple)
  const answered = responseOf(responder)
  if (stapled?.status === 'revoked') return notGood(revocation('the staple', stapled))
  if (answered?.status === 'revoked') return notGood(revocation('the responder', answered))
  if (staple?.kind === 'refused') return notGood(isUnsigned(staple) ? `what is stapled is no status: ${staple.detail} (${staple.code})` : `the staple does not hold: ${staple.detail} (${staple.code})`)
  if (staple?.kind === 'none' && mustStaple) return notGood('the certificate demands a staple (RFC 7633), and the server sends none')
  if (stapled?.status === 'unknown') return notGood(ignorance('the staple'))
  if (answered?.status === 'unknown') return notGood(ignorance('the responder'))
  if (stapled?.status === 'good') return { verdict: 'good', because: answered?.status === 'good' ? 'staple and responder say good' : 'the staple says good' }
  if (answered?.status === 'good') return { verdict: 'good', because: 'the responder says good' }
  return { verdict: 'could_not_tell', because: silence(staple, responder) }
}

// The response that counts: one that has passed every rule.
const responseOf = (report: StapleReport | ResponderReport | undefined): ResponseReport | undefined => report?.kind === 'verified' ? report.response : undefined

// A word of the responder's without signature, such as tryLater. [RFC 6960 2.3]
const isUnsigned = ({ code }: { readonly code: string }): boolean => code.startsWith('OCSP_ERR_STATUS_')

const notGood = (because: string): Concluded => ({ verdict: 'not_good', because })

const ignorance = (source: Source): string => `${source} says unknown: it cannot speak for the certificate`

function revocation (source: Source, { revoked_at: since = '', revocation_reason: reason, not_issued: notIssued }: ResponseReport): string {
  if (notIssued === true) return `${source} says revoked: the certificate was never issued`
  return `${source} says revoked, since ${timeWords(since)}${reason === undefined ? '' : ` (${reason})`}`
}

const nobody = {
  noResponder: 'the certificate names no OCSP responder',
  noRevAvail: 'the certificate says that there is no revocation information (RFC 9608)',
  nocheck: 'the certificate is a responder that is not to be checked',
  trustAnchor: 'the certificate is self-signed, so nobody speaks for it'
} as const

function silence (staple: StapleReport | undefined, responder: ResponderReport): string {
  const why = silenceOfResponder(responder)
  if (staple?.kind === 'none') return `the server sends no staple, and ${why}`
  return staple?.kind === 'unverifiable' ? `the staple cannot be verified: ${staple.detail} (${staple.code})` : why
}

function silenceOfResponder (responder: ResponderReport): string {
  switch (responder.kind) {
    case 'verified': return 'the responder was heard' // conclude has decided by what it says
    case 'refused': return isUnsigned(responder) ? `${responder.detail} (${responder.code})` : `the answer of the responder does not hold: ${responder.detail} (${responder.code})`
    case 'failed': return `there is no answer: ${responder.detail} (${responder.code})`
    case 'nobody_to_ask': return nobody[responder.reason]
    case 'not_asked': return 'the responder was not asked'
  }
}
