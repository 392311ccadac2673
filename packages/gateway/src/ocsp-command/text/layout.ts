import type { Paint } from './paint.ts'

/** A label and what stands behind it; more than one line stands aligned. A label may stand alone. */
export type Row = readonly [label: string, ...lines: readonly string[]]

/** A heading with something beside it, and rows below. */
export interface Section {
  readonly title: string
  readonly beside?: string
  readonly rows: readonly Row[]
  /** Of the column of labels; by default that of all sections alike. */
  readonly labelWidth?: number
}

const titleWidth = 14
const usualLabelWidth = 12

export function layOut (sections: readonly Section[], paint: Paint): string {
  return sections.map(({ title, beside = '', rows, labelWidth = usualLabelWidth }) => {
    const heading = beside === '' ? paint('strong', title) : `${paint('strong', title)}${' '.repeat(Math.max(1, titleWidth - title.length))}${beside}`
    return [heading, ...rows.flatMap(row => layOutRow(row, labelWidth))].map(line => `${line}\n`).join('')
  }).join('\n')
}

function layOutRow ([label, ...lines]: Row, labelWidth: number): string[] {
  if (lines.length === 0) return [`  ${label}`]
  return lines.map((line, index) => `  ${(index === 0 ? label : '').padEnd(labelWidth)}${line}`)
}
