import type { FaultRun } from './run-faults.ts'
import { outcomes } from './tally.ts'

/** The table at the end of a run, in Markdown. */
export function figuresOf ({ tally, faults, memory, seconds }: FaultRun): string {
  const rows = tally.loads.map(load => [load, String(tally.failed(load)), ...outcomes.map(outcome => String(tally.of(load, outcome)))])
  const total = [...faults.values()].reduce((sum, count) => sum + count, 0)
  return [
    `${Math.round(seconds)} s, ${total} faults: ${[...faults].map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    '',
    table(['', 'failed', ...outcomes], rows),
    '',
    table(['memory', 'growth, MiB an hour', 'highest, MiB', 'seen for, s'], [...memory].map(([kind, { mibPerHour, highestMib, seenMs }]) =>
      [kind, mibPerHour === undefined ? 'too short to tell' : mibPerHour.toFixed(1), highestMib.toFixed(0), String(Math.round(seenMs / 1000))])),
    ...tally.failures.length === 0 ? [] : ['', 'failed:', ...tally.failures.map(({ at, load, what }) => `  ${at} ${load}: ${what}`)]
  ].join('\n')
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
