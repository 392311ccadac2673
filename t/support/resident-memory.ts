import { readFileSync } from 'node:fs'

/** What a process has in memory now, in MiB. */
export function residentMiB (pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}
