import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../packages/gateway/src/cli.ts', import.meta.url))
const asTerminal = 'data:text/javascript,process.stdout.isTTY = process.stderr.isTTY = true'

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Makes the program believe that it writes to a terminal. */
  readonly terminal?: boolean
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** `clinch …`, as one types it. */
export async function runCli (args: readonly string[], { terminal = false, env = {}, cwd }: RunOptions = {}): Promise<CliResult> {
  const { NODE_OPTIONS: _taps, NO_COLOR: _theirs, ...environment } = process.env // the program runs as it does for an operator
  const child = spawn(process.execPath, [...(terminal ? ['--import', asTerminal] : []), cli, ...args], { env: { ...environment, TERM: 'xterm', ...env }, stdio: ['ignore', 'pipe', 'pipe'], cwd })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  return { code, stdout, stderr }
}
