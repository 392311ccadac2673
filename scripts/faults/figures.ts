import type { MemoryTrend } from './memory-trend.ts'
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
    table(['memory', 'growth, MiB an hour', 'seen for, s', 'longest life, s', 'MiB after 5 minutes', 'in the middle', 'at the end', 'highest'], [...memory].map(([kind, trend]) => [kind, ...cellsOf(trend)])),
    ...tally.failures.length === 0 ? [] : ['', 'failed:', ...tally.failures.map(({ at, load, what }) => `  ${at} ${load}: ${what}`)]
  ].join('\n')
}

function cellsOf ({ mibPerHour, highestMib, seenMs, longestLife }: MemoryTrend): string[] {
  const told = mibPerHour === undefined || longestLife === undefined
    ? ['too short to tell', '', '', '', '', '']
    : [mibPerHour, seenMs / 1000, longestLife.lengthMs / 1000, longestLife.earlyMib, longestLife.middleMib, longestLife.lateMib].map(figure => figure.toFixed(0))
  return [...told, highestMib.toFixed(0)]
}

function table (head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
