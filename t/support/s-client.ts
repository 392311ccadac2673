import { spawn } from 'node:child_process'

export interface SClientOptions {
  readonly port: number
  readonly servername?: string
  /** More arguments, as one types them. */
  readonly args?: readonly string[]
  /** False: the client does not ask for a staple. */
  readonly status?: boolean
  /** What is typed after the handshake; `Q` ends the connection, `R` asks for another handshake. */
  readonly input?: string
}

export interface SClientResult {
  readonly code: number | null
  readonly output: string
  /** `good`, `revoked`, `unknown`; `none` when no response was sent. */
  readonly staple: 'good' | 'revoked' | 'unknown' | 'none' | undefined
  /** Serial of the certificate that was presented, and of the one the staple speaks of; upper case. */
  readonly stapleSerial: string | undefined
}

/** `openssl s_client -status`, the client that every operator types. */
export async function sClient ({ port, servername, args = [], status: asks = true, input = 'Q\n' }: SClientOptions): Promise<SClientResult> {
  const name = servername === undefined ? ['-noservername'] : ['-servername', servername]
  const child = spawn('openssl', ['s_client', ...(asks ? ['-status'] : []), '-connect', `127.0.0.1:${port}`, ...name, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  const status = /Cert Status: (good|revoked|unknown)/.exec(output)?.[1] as SClientResult['staple']
  return {
    code,
    output,
    staple: output.includes('no response sent') ? 'none' : status,
    stapleSerial: /Serial Number: ([0-9A-F]+)/.exec(output)?.[1]
  }
}
