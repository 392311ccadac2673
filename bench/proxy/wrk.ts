import { loadCore, pinned } from '../peers/cores.ts'
import { runProgram } from '../peers/run-program.ts'

const connections = 32

/** Requests over kept connections, as fast as they are answered. @param fields - `Name: value` @returns how many were; rejects when one failed */
export async function requestWithWrk (url: string, seconds: number, fields: readonly string[] = []): Promise<number> {
  const output = await runProgram('taskset', pinned(loadCore, ['wrk', '-t', '1', '-c', String(connections), '-d', `${Math.ceil(seconds)}s`, ...fields.flatMap(field => ['-H', field]), url]))
  const [, count] = /(\d+) requests in/.exec(output) ?? []
  if (count === undefined || /Non-2xx|Socket errors/.test(output)) throw new Error(`not every request was answered: ${output.trim()}`)
  return Number(count)
}
