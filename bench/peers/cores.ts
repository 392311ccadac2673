import { runProgram } from './run-program.ts'

/** What is measured has a core of its own; clients, upstreams and responders have the other. */
export const serverCore = 0
export const loadCore = 1

/** Puts a process with all its threads on one core; threads that it starts later stay there. */
export async function pin (pid: number, core: number): Promise<void> {
  await runProgram('taskset', ['-a', '-p', '-c', String(core), String(pid)])
}

/** A command line that runs on one core. */
export function pinned (core: number, command: readonly string[]): readonly string[] {
  return ['-c', String(core), ...command]
}
