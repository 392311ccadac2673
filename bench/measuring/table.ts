import type { Report } from '../scenario.ts'

/** A report as text: columns under their heads, numbers to the right. */
export function formatReport ({ columns, rows, remarks }: Report): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)).join('  ')
  return [format(columns), widths.map(width => '-'.repeat(width)).join('  '), ...rows.map(format), ...remarks.map(remark => `  ${remark}`)].join('\n')
}
