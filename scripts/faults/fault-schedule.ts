import { setTimeout as wait } from 'node:timers/promises'
import { chooseFault, chooseKind, faultKinds, type Fault, type FaultContext, type FaultKind } from './fault-kinds.ts'

export interface FaultScheduleOptions extends FaultContext {
  /** For so long, and until every kind has happened once. */
  readonly seconds: number
  /** Before its time: no new fault, and those under way are mended. */
  readonly signal: AbortSignal
  /** Between two faults, at most. */
  readonly longestGapMs: number
  readonly log: (line: string) => void
  /** A part is back; with what went wrong, if it is not as it should be. */
  readonly onBack: (failure: string | undefined) => void
}

const shortestGapMs = 200

/**
 * Makes things go wrong, several at a time, in an order and with gaps that the seed decides: every kind once, in a random order,
 * then at random. Resolves when all parts are back.
 *
 * @returns how often each happened
 */
export async function keepFailing (options: FaultScheduleOptions): Promise<ReadonlyMap<FaultKind, number>> {
  const { random, seconds, signal, longestGapMs } = options
  const endMs = Date.now() + seconds * 1000
  const mending = new AbortController()
  const counts = new Map<FaultKind, number>()
  const busy = new Set<string>()
  const running = new Set<Promise<void>>()
  const agenda = orderOf(options)
  while (!signal.aborted && (Date.now() < endMs || agenda.length > 0)) {
    const kind = agenda.shift() ?? chooseKind(random)
    const fault = chooseFault(kind, options)
    if (fault.groups.some(group => busy.has(group))) { // it has its turn when the part is back
      if (counts.get(kind) === undefined) agenda.push(kind)
      await wait(50)
      continue
    }
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    for (const group of fault.groups) busy.add(group)
    const happening = happen(kind, fault, options, mending.signal).finally(() => {
      for (const group of fault.groups) busy.delete(group)
      running.delete(happening)
    })
    running.add(happening)
    await wait(shortestGapMs + random.below(longestGapMs - shortestGapMs), undefined, { signal }).catch(() => {}) // the loop looks at the signal
  }
  mending.abort()
  await Promise.all(running)
  return counts
}

async function happen (kind: FaultKind, fault: Fault, { log, onBack }: FaultScheduleOptions, signal: AbortSignal): Promise<void> {
  const startMs = Date.now()
  log(`${kind}: ${fault.victim}`)
  try {
    const mend = await fault.strike()
    await wait(fault.downMs, undefined, { signal }).catch(() => {}) // at the end everything comes back at once
    const mendMs = Date.now()
    await mend()
    log(`${kind}: ${fault.victim} is back, ${Date.now() - mendMs} ms after it was let, ${Date.now() - startMs} ms after it failed`)
    onBack(undefined)
  } catch (err) {
    onBack(`${kind}, ${fault.victim}: ${(err as Error).message}`)
  }
}

function orderOf ({ random }: FaultContext): FaultKind[] {
  return faultKinds.map(kind => ({ kind, at: random.below(2 ** 30) })).sort((one, other) => one.at - other.at).map(({ kind }) => kind)
}
