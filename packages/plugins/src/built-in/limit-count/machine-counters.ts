import type { MachineHost, MachineLink, MachinePart } from '../../contract/machine.ts'
import type { Counters, Hit, Outcome } from './quota.ts'
import { WindowTable } from './window-table.ts'

type Answer = ReadonlyArray<readonly [isAccepted: boolean, remaining: number, resetS: number]>

/** Counts for all workers of the machine, in the primary. */
export function createCountingPart ({ log, now, attr }: MachineHost<{ readonly max_keys: number }>): MachinePart {
  const windows = new WindowTable({ log, maxKeys: () => attr().max_keys })
  return {
    handle (question): Answer {
      const answer: Array<Answer[number]> = []
      for (const hit of question as readonly Hit[]) { // askMachine sends them
        const { isAccepted, remaining, resetS } = windows.count(hit, now())
        answer.push([isAccepted, remaining, resetS])
        if (!isAccepted) break
      }
      return answer
    }
  }
}

/** Policy `local`: counters that all workers share. */
export function machineCounters (machine: MachineLink): Counters {
  return {
    async count (hits) {
      const answer = await machine.ask(hits) as Answer // createCountingPart answers
      return answer.map(([isAccepted, remaining, resetS]): Outcome => ({ isAccepted, remaining, resetS }))
    },
    close () {}
  }
}
