import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadCore, pinned } from '../peers/cores.ts'
import type { Scope } from '../scope.ts'

export interface MutualTlsLoad {
  readonly port: number
  /** The client's, in PEM. */
  readonly cert: string
  readonly key: string
}

const connections = 32

/** A client program that keeps its connections from one load to the next. */
export async function startMutualTlsLoad (scope: Scope, settings: MutualTlsLoad): Promise<(path: string, seconds: number) => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-mtls-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'settings.json')
  await writeFile(file, JSON.stringify({ ...settings, connections }), { mode: 0o600 })
  const program = new URL('mutual-tls-client.ts', import.meta.url).pathname
  const child = spawn('taskset', pinned(loadCore, [process.execPath, program, file]), { stdio: ['pipe', 'pipe', 'inherit'] })
  scope.teardown(async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  })
  const answers = createInterface(child.stdout)
  return async (path, seconds) => {
    const answered = once(answers, 'line') as Promise<[string]>
    child.stdin.write(`${JSON.stringify({ path, seconds })}\n`)
    const [line] = await answered
    const { done, failed } = JSON.parse(line) as { done: number, failed: number }
    if (failed > 0 || done === 0) throw new Error(`${failed} of ${done + failed} requests for ${path} were not answered with 200`)
    return done
  }
}
