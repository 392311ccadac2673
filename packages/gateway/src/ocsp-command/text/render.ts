import type { CommandVerdict } from '../exit-status.ts'
import type { CheckReport, ComparisonReport, ExplainReport, ResponderReport, ServerReport, StapleReport, TrustReport } from '../report/report.ts'
import { formatHostPort } from '../host-port.ts'
import { chainSection } from './chain-section.ts'
import { judgedRows, judgement, responderSection, stapleSection } from './judged-section.ts'
import { layOut, type Section } from './layout.ts'
import type { Paint, Style } from './paint.ts'
import { ruleSection } from './rule-section.ts'

const headlines = {
  good: ['good', 'Good'],
  not_good: ['bad', 'Not good'],
  could_not_tell: ['unsure', 'Could not tell']
} as const satisfies Record<CommandVerdict, readonly [Style, string]>

/** A report in words. Pure; expects strings that are harmless. */
export function render (report: CheckReport | ExplainReport, paint: Paint): string {
  const [style, headline] = headlines[report.verdict]
  const sections = report.command === 'check' ? checkSections(report, paint) : explainSections(report, paint)
  const remarks: Section[] = report.remarks.length === 0 ? [] : [{ title: 'Remarks', rows: report.remarks.map(remark => [`- ${remark}`]) }]
  return `${paint(style, headline)}: ${report.because}.\n\n${layOut([...sections, ...remarks], paint)}`
}

function checkSections (report: CheckReport, paint: Paint): Section[] {
  const { server, trust, staple, responder, comparison, chain } = report
  const rules = (title: string, judged: StapleReport | ResponderReport | undefined): Section[] => {
    const worthShowing = judged?.kind === 'refused' || (judged?.kind === 'verified' && server === undefined) // a host's report stays short
    return worthShowing ? [ruleSection(title, judged.rules, paint)] : []
  }
  return [
    ...(server === undefined ? [] : [serverSection(server, trust, report.must_staple)]),
    ...(staple === undefined ? [] : [stapleSection(staple, paint)]),
    responderSection(responder, paint),
    ...(comparison === undefined ? [] : [{ title: 'Compared', beside: comparisonWords(comparison), rows: [] }]),
    ...rules('Rules for the staple', staple),
    ...rules('Rules for the answer of the responder', responder),
    chainSection(server === undefined ? 'Certificate and issuer' : 'Chain', chain)
  ]
}

function explainSections ({ file, judged, chain }: ExplainReport, paint: Paint): Section[] {
  return [
    { title: 'Response', beside: `${file}, ${judgement(judged, paint)}`, rows: judgedRows(judged, paint) },
    ruleSection('Rules', judged.rules, paint),
    chainSection('Certificate and issuer', chain)
  ]
}

function serverSection (server: ServerReport, trust: TrustReport | undefined, mustStaple: boolean): Section {
  const { servername, starttls, protocol, cipher } = server
  return {
    title: 'Server',
    beside: formatHostPort(server),
    rows: [
      ['asked for', servername ?? 'no name'],
      ['TLS', `${protocol}, ${cipher}${starttls === null ? '' : `, after STARTTLS of ${starttls}`}`],
      ...(trust === undefined ? [] : [['chain', trustWords(trust)] as const, ['name', `the certificate is ${trust.name_matches ? '' : 'not '}for ${trust.name}`] as const]),
      ['must-staple', mustStaple ? 'yes, the certificate demands a staple (RFC 7633)' : 'no']
    ]
  }
}

const anchorWords = { file: 'those of --ca', system: 'the system\'s', built_in: 'those built into Node' } as const satisfies Record<TrustReport['anchors'], string>

function trustWords ({ trusted, code, detail, anchors }: TrustReport): string {
  return trusted ? `trusted (trust anchors: ${anchorWords[anchors]})` : `not trusted: ${detail} (${code}; trust anchors: ${anchorWords[anchors]})`
}

function comparisonWords ({ same_octets: sameOctets, same_status: sameStatus, newer }: ComparisonReport): string {
  if (sameOctets) return 'the responder sends the very response that is stapled'
  const age = { staple: 'the staple is the newer one', responder: 'the responder\'s is newer', neither: 'both are of the same time' }[newer]
  return `${sameStatus ? 'both say the same' : 'they contradict each other'}; ${age}`
}
