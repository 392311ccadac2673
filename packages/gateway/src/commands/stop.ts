import { setTimeout as delay } from 'node:timers/promises'
import { durationMs } from '../config/units.ts'
import { RunningInstance } from '../instance/running-instance.ts'
import type { Command } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { findRunning } from './find-running.ts'
import { complain, print } from './output.ts'

/** Beyond the time that requests in flight have, to close everything else. */
const slackMs = 10_000
const lookEveryMs = 50

export const stop: Command = {
  name: 'stop',
  synopsis: '[--config FILE] [--timeout SECONDS]',
  summary: 'end the running gateway, and wait until it has ended',
  details: `Sends SIGTERM: requests in flight may end, for as long as worker_shutdown_timeout says. Waits ten seconds more than that
unless told otherwise.

Exit status: 0 it has ended, 1 it goes on after that time, 3 none was running.`,
  options: ['config', 'timeout'],
  async run ({ config, timeoutMs }) {
    const running = await findRunning(config)
    if (running === undefined) return exitStatus.notRunning
    const { instance, loaded } = running
    const pid = await RunningInstance.pidOf(loaded.dataDir)
    if (pid === undefined) {
      complain(`the gateway answers in ${loaded.dataDir}, and clinch.pid there does not say which process it is`)
      return exitStatus.failed
    }
    process.kill(pid, 'SIGTERM')
    const patienceMs = timeoutMs ?? durationMs(loaded.config.nginx_config.worker_shutdown_timeout) + slackMs
    const giveUpMs = Date.now() + patienceMs
    while (await instance.isRunning()) {
      if (Date.now() > giveUpMs) {
        complain(`pid ${pid} goes on after ${patienceMs / 1000} s: requests are in flight, and a second SIGTERM ends it at once`)
        return exitStatus.failed
      }
      await delay(lookEveryMs)
    }
    print(`pid ${pid} has ended`)
    return exitStatus.done
  }
}
