import type { AttemptReport, JudgedResponse, ResponderReport, StapleReport } from '../report/report.ts'
import type { Row, Section } from './layout.ts'
import type { Paint } from './paint.ts'
import { responseRows } from './response-rows.ts'

export function stapleSection (staple: StapleReport, paint: Paint): Section {
  switch (staple.kind) {
    case 'none': return { title: 'Staple', beside: 'none was sent', rows: [] }
    case 'unverifiable': return { title: 'Staple', beside: `${staple.octets} octets`, rows: [['problem', `${staple.detail} (${staple.code})`]] }
    case 'verified':
    case 'refused': return { title: 'Staple', beside: judgement(staple, paint), rows: judgedRows(staple, paint) }
  }
}

export function responderSection (responder: ResponderReport, paint: Paint): Section {
  switch (responder.kind) {
    case 'not_asked': return { title: 'Responder', beside: 'not asked', rows: [] }
    case 'nobody_to_ask': return { title: 'Responder', beside: 'there is nobody to ask', rows: [] }
    case 'failed': return { title: 'Responder', beside: responder.url ?? 'not asked', rows: [['problem', `${responder.detail} (${responder.code})`], ...attemptRows(responder.attempts)] }
    case 'verified':
    case 'refused': return { title: 'Responder', beside: `${responder.url}, ${judgement(responder, paint)}`, rows: [...judgedRows(responder, paint), ...attemptRows(responder.attempts)] }
  }
}

export const judgement = ({ kind, octets }: JudgedResponse, paint: Paint): string =>
  `${octets} octets, ${kind === 'verified' ? 'passes every rule' : paint('bad', 'does not hold')}`

export function judgedRows (judged: JudgedResponse, paint: Paint): Row[] {
  return [
    ...(judged.kind === 'refused' ? [['problem', `${judged.detail} (${judged.code})`] as const] : []),
    ...(judged.response === undefined ? [] : responseRows(judged.response, paint))
  ]
}

// The last one is what the section tells of; those before it only when there are any.
function attemptRows (attempts: readonly AttemptReport[]): Row[] {
  return attempts.length < 2 ? [] : [['asked', ...attempts.map(({ url, status, code, detail }) => `${url}: ${status ?? `${detail} (${code})`}`)]]
}
