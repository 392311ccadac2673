import type { DocumentFault, DocumentReading } from '@clinch/admin-api'

export interface DescribedFault {
  /** `routes/1`, or a section: `routes`. */
  readonly object: string
  readonly reason: string
  readonly index?: number
  /** Where the object begins; undefined in JSON. */
  readonly line?: number | undefined
}

/** What is wrong with which object of a file, and where that is. */
export function describeFault (fault: DocumentFault, { lineOf }: Pick<Extract<DocumentReading, { kind: 'document' }>, 'lineOf'>): DescribedFault {
  const { collection, reason } = fault
  if (fault.kind === 'section') return { object: collection, reason }
  const { index, label } = fault
  return { object: `${collection}/${label === '' ? `arr_${index + 1}` : label}`, reason, index, line: lineOf(collection, index) }
}
