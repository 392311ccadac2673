import { execFile } from 'node:child_process'
import { DemoError } from './demo-error.ts'

/** Runs the openssl command in a folder and returns what it printed to standard output. */
export async function openssl (folder: string, args: readonly string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile('openssl', args, { cwd: folder, timeout: 30_000, maxBuffer: 8 * 1024 * 1024 }, (err, stdout, stderr) => {
      if (err === null) resolve(stdout)
      else if (err.code === 'ENOENT') reject(new DemoError('the demo needs the openssl command on PATH'))
      else reject(new OpensslError(args[0] ?? '', stderr))
    })
  })
}

export class OpensslError extends Error {
  override readonly name = 'OpensslError'
  readonly stderr: string
  constructor (command: string, stderr: string) {
    super(`openssl ${command} failed:\n${stderr}`)
    this.stderr = stderr
  }
}
