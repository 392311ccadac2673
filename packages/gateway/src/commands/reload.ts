import type { Command } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { findRunning } from './find-running.ts'
import { complain, print } from './output.ts'

const patienceMs = 600_000

export const reload: Command = {
  name: 'reload',
  synopsis: '[--config FILE] [--timeout SECONDS]',
  summary: 'put config.yaml in force without losing a connection, and wait until it is',
  details: `The running gateway reads the file again, loads the plugins that it lists, and replaces its workers one by one. A file that is
wrong, or with which a worker does not start, changes nothing that serves. What takes effect after a restart is named.

Exit status: 0 it is in force, 1 it is not and why, 3 no gateway is running.`,
  options: ['config', 'timeout'],
  async run ({ config, timeoutMs = patienceMs }) {
    const running = await findRunning(config)
    if (running === undefined) return exitStatus.notRunning
    const { file, changed, waiting } = await running.instance.reload(timeoutMs)
    print(`${file} is in force`)
    if (changed.length > 0) print(`changed: ${changed.join(', ')}`)
    if (waiting.length > 0) complain(`takes effect after a restart: ${waiting.join(', ')}`)
    return exitStatus.done
  }
}
