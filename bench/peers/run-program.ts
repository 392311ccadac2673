import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program to its end. @returns what it printed; rejects with what it complained of when it fails */
export async function runProgram (name: string, args: readonly string[]): Promise<string> {
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaint += text })
  const [code] = await once(child, 'close') as [number | null]
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${complaint.trim()}`)
  return output
}
