import type { MachineLink, MachinePart } from '../../contract/machine.ts'
import type { Share } from '../../contract/shared.ts'
import { isTooMany } from './concurrency.ts'
import type { Claim, Slots } from './slots.ts'

/** A request has a number, of its worker's. */
type Message =
  | readonly [kind: 'take', request: number, claims: readonly Claim[]]
  | readonly [kind: 'leave', request: number]

/** The active requests of all workers, in the primary. A worker that dies leaves nothing behind. */
export function createSlotPart (): MachinePart {
  const active = new Map<string, number>()
  /** By worker and request: the names under which it is counted. */
  const held = new Map<number, Map<number, readonly string[]>>()

  function take (request: number, claims: readonly Claim[], ofWorker: Map<number, readonly string[]>): number[] {
    const counts: number[] = []
    for (const [name, conn, burst] of claims) {
      const count = (active.get(name) ?? 0) + 1
      if (isTooMany(count, { conn, burst })) break
      active.set(name, count)
      counts.push(count)
    }
    if (counts.length > 0) ofWorker.set(request, claims.slice(0, counts.length).map(([name]) => name))
    return counts
  }

  function leave (names: readonly string[]): void {
    for (const name of names) {
      const rest = (active.get(name) ?? 0) - 1
      if (rest > 0) active.set(name, rest)
      else active.delete(name)
    }
  }

  return {
    handle (question, workerId) {
      const [kind, request, claims] = question as Message // machineSlots sends them
      const ofWorker = held.get(workerId) ?? new Map<number, readonly string[]>()
      held.set(workerId, ofWorker)
      if (kind === 'take') return take(request, claims, ofWorker)
      leave(ofWorker.get(request) ?? [])
      ofWorker.delete(request)
      return undefined
    },
    workerGone (workerId) {
      for (const names of held.get(workerId)?.values() ?? []) leave(names)
      held.delete(workerId)
    }
  }
}

/** Policy `local`. All routes of a worker number their requests together. */
export function machineSlots (machine: MachineLink, share: Share): Slots {
  const requests = share('limit-conn requests', () => ({ last: 0, close () {} }))
  return {
    async take (claims) {
      const request = ++requests.value.last
      const leave = (): void => machine.tell(['leave', request] satisfies Message)
      try {
        const active = await machine.ask(['take', request, claims] satisfies Message) as readonly number[] // createSlotPart answers
        return { active, leave: active.length > 0 ? leave : () => {} }
      } catch (err) {
        leave() // it may have been counted all the same
        throw err
      }
    },
    close: () => requests.release()
  }
}
