import { loadConfig } from './config/load-config.ts'
import { explainError } from './explain-error.ts'
import { describeInstance } from './instance/describe-instance.ts'
import { InstanceDoor } from './instance/instance-door.ts'
import { openLog } from './logger.ts'
import type { ConfigReload } from './primary/config-reload.ts'
import { Primary, type StartedGateway } from './primary/primary.ts'
import { handleSignals } from './signals.ts'
import { startMessage } from './start-message.ts'

/** Beyond the time that requests in flight have, to close everything else. */
const closeMs = 5000

/** `clinch start`: runs until a signal, drains, and exits 0; a start that fails says why in one line and exits 1. */
export async function startGateway (file: string): Promise<void> {
  let door: InstanceDoor | undefined
  try {
    for (const output of [process.stdout, process.stderr]) output.on('error', () => {}) // who read them is gone: no reason to end
    const loaded = await loadConfig(file, process.env)
    const opened = openLog(loaded.config, loaded.baseDir)
    const { log } = opened
    const primary = new Primary(loaded, opened)
    const life: { started: StartedGateway | undefined, isStopping: boolean } = { started: undefined, isStopping: false }
    const reloads = (): ConfigReload => {
      if (primary.reloads !== undefined && !life.isStopping) return primary.reloads
      const reason = `the gateway is ${life.isStopping ? 'stopping' : 'still starting'}`
      log.warn({ reason }, 'nothing is reloaded now')
      throw new Error(reason)
    }
    door = new InstanceDoor({
      dataDir: loaded.dataDir,
      configFile: loaded.file,
      status: () => describeInstance({ loaded, primary, ...life }),
      reload: async () => await reloads().reload(),
      objects: () => primary.parts?.state.objects ?? [],
      log: log.child({ component: 'instance' })
    })
    await door.open()
    handleSignals({
      stop: async () => {
        life.isStopping = true
        await primary.close()
        await door?.close()
      },
      limitMs: () => primary.drainMs + closeMs,
      kill: () => primary.kill(),
      reload: async () => await reloads().reload(),
      renewWorkers: async () => await reloads().renew(),
      reopenLogs: () => {
        opened.reopen()
        primary.reopenLogs()
      },
      log
    })
    life.started = await primary.start()
    if (life.started !== undefined) process.stdout.write(startMessage(life.started, loaded))
  } catch (error) {
    await door?.close()
    process.stderr.write(`clinch: ${explainError(error)}\n`)
    process.exit(1)
  }
}
