import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Judge } from './peers.ts'

const callsPerTurn = 50

/**
 * CPU of this process for one call, threads and garbage collection included, in microseconds. CPU and not time: others
 * may have the machine in between.
 */
export async function cpuPerCallUs (call: Judge, seconds: number): Promise<number> {
  const before = process.cpuUsage()
  let spentUs = 0
  let calls = 0
  while (spentUs < seconds * 1e6) {
    for (let i = 0; i < callsPerTurn; i++) {
      const pending = call()
      if (pending !== undefined) await pending
    }
    calls += callsPerTurn
    await nextTurn() // as in a server, where each verification has a turn of its own
    const { user, system } = process.cpuUsage(before)
    spentUs = user + system
  }
  return spentUs / calls
}
