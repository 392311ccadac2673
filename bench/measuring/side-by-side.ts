import { setTimeout as sleep } from 'node:timers/promises'
import type { RunOptions } from '../scenario.ts'
import { cpuTimeUs } from './cpu-time.ts'
import { median } from './median.ts'

/** One of those that are compared: a server process and a load on it that reports how much it did. */
export interface Side {
  readonly name: string
  readonly pid: number
  /** @returns how much was done; rejects when it was not what was asked for */
  load (seconds: number): Promise<number>
}

export interface SideFigures {
  /** Server CPU for each thing done, in microseconds: the median, the least and the most of the rounds. */
  readonly cpuUs: number
  readonly leastUs: number
  readonly mostUs: number
  /** Done in a second, the median. */
  readonly rate: number
}

const settleMs = 300
const warmUpSeconds = 3

/** Measures the sides in turns, after a warm-up of each that is not counted. */
export async function measureSideBySide (sides: readonly Side[], { seconds, rounds, note }: RunOptions, what: string): Promise<SideFigures[]> {
  const results = sides.map((): Array<{ cpuUs: number, rate: number }> => [])
  for (const side of sides) {
    note(`${what}: warming up ${side.name}`)
    await side.load(warmUpSeconds)
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [index, side] of sides.entries()) {
      note(`${what}: round ${round} of ${rounds}, ${side.name}`)
      results[index]?.push(await measure(side, seconds))
    }
  }
  return results.map(all => {
    const cpu = all.map(({ cpuUs }) => cpuUs)
    return { cpuUs: median(cpu), leastUs: Math.min(...cpu), mostUs: Math.max(...cpu), rate: median(all.map(({ rate }) => rate)) }
  })
}

/** The median and, in brackets, the least and the most. */
export function describeCpu ({ cpuUs, leastUs, mostUs }: SideFigures): string {
  const digits = cpuUs < 100 ? 1 : 0
  return `${cpuUs.toFixed(digits)} (${leastUs.toFixed(digits)} to ${mostUs.toFixed(digits)})`
}

/** One measurement: server CPU for each thing done, in microseconds, and how many were done in a second. */
export async function measure (side: Side, seconds: number): Promise<{ cpuUs: number, rate: number }> {
  await sleep(settleMs)
  const before = cpuTimeUs(side.pid)
  const done = await side.load(seconds)
  await sleep(settleMs) // what is left of it to clean up belongs to it
  return { cpuUs: (cpuTimeUs(side.pid) - before) / done, rate: done / seconds }
}
