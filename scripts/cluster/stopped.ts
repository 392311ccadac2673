import { readdir, readFile } from 'node:fs/promises'

/** Has a SIGSTOP reached every thread of a process? It takes its time. [proc(5): the third field of stat] */
export async function hasStopped (pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []) // it is gone: nothing of it runs
  const states = await Promise.all(tasks.map(async task => await readFile(`/proc/${pid}/task/${task}/stat`, 'utf8').catch(() => ' T ')))
  return states.every(stat => / T /.test(stat))
}
