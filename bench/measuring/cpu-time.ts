import { readFileSync } from 'node:fs'

const ticksPerSecond = 100 // USER_HZ, which Linux shows to every program, whatever its own clock

/** CPU time that a process has used with all its threads, user and system, in microseconds. */
export function cpuTimeUs (pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may hold spaces; the state is the third field
  return (Number(fields[11]) + Number(fields[12])) * 1e6 / ticksPerSecond
}
