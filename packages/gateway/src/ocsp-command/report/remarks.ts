import type { CheckFacts } from './conclude.ts'
import type { CertificateReport, ComparisonReport, ResponderReport, ResponseReport, StapleReport } from './report.ts'

export interface RemarkFacts extends CheckFacts {
  readonly comparison: ComparisonReport | undefined
  readonly chain: readonly CertificateReport[]
  /** The issuer was at hand, but the server did not send it. */
  readonly issuerNotSent: boolean
}

/** What is worth a sentence beside the verdict, and changes nothing of it. */
export function remarksOn (facts: RemarkFacts): string[] {
  const { staple, responder, mustStaple, comparison, chain, issuerNotSent } = facts
  const [leaf, ...above] = chain
  const bare = staple?.kind === 'none'
  return [
    ...when(bare && !mustStaple && responder.kind !== 'nobody_to_ask', 'the server sends no staple; browsers ask the responder themselves or do without'),
    ...when(comparison?.same_status === false, 'staple and responder contradict each other; the stricter one counts'),
    ...when(staple !== undefined && staple.kind !== 'none' && (responder.kind === 'failed' || responder.kind === 'refused'), 'the staple could not be compared: the responder gave no answer that holds'),
    ...when(leaf?.must_staple === false && above.some(({ must_staple: demands }) => demands), 'a CA of the chain demands a staple of what is below it (RFC 7633 4.2.2), but the certificate does not say so'),
    ...when(leaf?.no_rev_avail === true && (leaf.ocsp_urls.length > 0 || leaf.crl_urls.length > 0), 'the certificate has noRevAvail and names sources of revocation (RFC 9608 3)'),
    ...when(issuerNotSent, 'the server does not send the issuer of its certificate'),
    ...lateness(staple),
    ...[staple, responder].flatMap(report => responseIn(report)?.warnings ?? []).filter(isFirst)
  ]
}

const when = (condition: boolean | undefined, remark: string): string[] => condition === true ? [remark] : []

// Well-run servers fetch the next one before three quarters of the window are over.
function lateness (staple: StapleReport | undefined): string[] {
  const response = responseIn(staple)
  return when(response !== undefined && response.seconds_left < response.window_seconds / 4, 'less than a quarter of the staple\'s time is left; it should have been replaced by now')
}

const responseIn = (report: StapleReport | ResponderReport | undefined): ResponseReport | undefined => report?.kind === 'verified' ? report.response : undefined

const isFirst = (text: string, index: number, all: readonly string[]): boolean => all.indexOf(text) === index
