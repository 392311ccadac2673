import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadCore, pinned } from '../peers/cores.ts'
import { runProgram } from '../peers/run-program.ts'
import type { Scope } from '../scope.ts'

export interface Handshakes {
  readonly port: number
  readonly serverName: string
  readonly version: '1.2' | '1.3'
  readonly cipher: string
  readonly alpn: 'http/1.1' | 'h2'
}

interface Counts { readonly done: number, readonly stapled: number, readonly resumed: number, readonly failed: number }

const connections = 8

/** The client in C, compiled now: one in JavaScript would be slower than what it measures. */
export async function buildTlsClient (scope: Scope): Promise<(wanted: Handshakes, seconds: number) => Promise<number>> {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-client-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))
  const program = join(folder, 'client')
  await runProgram('gcc', ['-O2', '-o', program, fileURLToPath(new URL('client.c', import.meta.url)), '-lssl', '-lcrypto', '-lpthread'])
  return async ({ port, serverName, version, cipher, alpn }, seconds) => {
    const output = await runProgram('taskset', pinned(loadCore, [program, String(port), serverName, version, cipher, alpn, String(seconds), String(connections)]))
    const counts = JSON.parse(output) as Counts
    if (counts.done === 0 || counts.failed > 0 || counts.stapled !== counts.done || counts.resumed > 0) {
      throw new Error(`not every handshake was full and stapled: ${output.trim()}`)
    }
    return counts.done
  }
}
