import type { ExplainedStep } from '@clinch/ocsp-core'
import type { Section } from './layout.ts'
import type { Paint, Style } from './paint.ts'

const styles = { passed: 'good', failed: 'bad', 'not reached': 'faint' } as const satisfies Record<ExplainedStep['outcome'], Style>
const width = 'not reached'.length

/** One line for each rule, with what the failing one says. */
export function ruleSection (title: string, rules: readonly ExplainedStep[], paint: Paint): Section {
  return {
    title,
    labelWidth: 4,
    rows: rules.map(({ step, rule, outcome, code, detail, source }) => [
      String(step).padStart(2),
      `${paint(styles[outcome], outcome.padEnd(width))}  ${rule} (${source})`,
      ...(code === undefined ? [] : [`${' '.repeat(width)}  ${detail ?? ''} (${code})`])
    ])
  }
}
