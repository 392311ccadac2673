import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '../scope.ts'
import { pinned, serverCore } from './cores.ts'

export interface BareNode {
  readonly port: number
  readonly pid: number
}

/**
 * A server of a few lines in the same Node, which is what a gateway in Node can hope to come near to. `settings` is
 * handed to it in a file; it prints its port and has the core of what is measured.
 */
export async function startBareNode (scope: Scope, program: URL, settings: object): Promise<BareNode> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-bare-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'settings.json')
  await writeFile(file, JSON.stringify(settings))
  const child = spawn('taskset', pinned(serverCore, [process.execPath, program.pathname, file]), { stdio: ['ignore', 'pipe', 'inherit'] })
  scope.teardown(async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill()
    await ended
  })
  const [text] = await once(child.stdout, 'data') as [Buffer]
  if (child.pid === undefined) throw new Error('no process')
  return { port: Number(text.toString()), pid: child.pid } // taskset becomes what it starts
}
