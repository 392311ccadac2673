import { readFile } from 'node:fs/promises'
import type { Cluster } from '../cluster/start-cluster.ts'
import { memoryTrend, type MemorySample, type MemoryTrend } from './memory-trend.ts'

const everyMs = 5000
export const processKinds = ['control plane', 'primary', 'worker'] as const
export type ProcessKind = typeof processKinds[number]

/** Looks at the memory of the gateways' processes while the cluster runs. */
export class MemoryWatch {
  readonly #cluster: Cluster
  readonly #lives = new Map<ProcessKind, Map<number, MemorySample[]>>()
  #timer: NodeJS.Timeout | undefined

  constructor (cluster: Cluster) {
    this.#cluster = cluster
  }

  start (): void {
    this.#timer = setInterval(() => { this.#look().catch(() => {}) }, everyMs) // a node that was killed meanwhile is looked at again
  }

  close (): void {
    clearInterval(this.#timer)
  }

  trends (): ReadonlyMap<ProcessKind, MemoryTrend> {
    return new Map(processKinds.map(kind => [kind, memoryTrend([...this.#lives.get(kind)?.values() ?? []])]))
  }

  async #look (): Promise<void> {
    const { controlPlane, dataPlanes } = this.#cluster
    await this.#take('control plane', controlPlane.pid)
    for (const node of dataPlanes) {
      await this.#take('primary', node.pid)
      for (const pid of await node.workers().catch(() => [])) await this.#take('worker', pid)
    }
  }

  async #take (kind: ProcessKind, pid: number): Promise<void> {
    const mib = await residentMib(pid)
    if (mib === undefined) return
    const lives = this.#lives.get(kind) ?? new Map<number, MemorySample[]>()
    this.#lives.set(kind, lives)
    const life = lives.get(pid) ?? []
    lives.set(pid, life)
    life.push({ atMs: Date.now(), mib })
  }
}

/** Undefined when it is gone. */
async function residentMib (pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmRSS:\s+(\d+)/m.exec(status)?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}
