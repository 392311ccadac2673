import closeWithGrace from 'close-with-grace'
import { loadConfig } from './config/load-config.ts'
import { durationMs } from './config/units.ts'
import { explainError } from './explain-error.ts'
import { openLog } from './logger.ts'
import { Primary } from './primary/primary.ts'
import { startMessage } from './start-message.ts'

/** `clinch start`: runs until a signal, drains, and exits 0; a start that fails says why in one line and exits 1. */
export async function startGateway (file: string): Promise<void> {
  try {
    for (const output of [process.stdout, process.stderr]) output.on('error', () => {}) // who read them is gone: no reason to end
    const loaded = await loadConfig(file, process.env)
    const { log, write, reopen } = openLog(loaded.config, loaded.baseDir)
    const primary = new Primary(loaded, log, write)
    const drainMs = durationMs(loaded.config.nginx_config.worker_shutdown_timeout)
    closeWithGrace({ delay: drainMs + 5000, logger: { error: (message: unknown) => { log.error({ reason: String(message) }, 'not everything closed in time') } } }, async ({ signal, err }) => {
      if (err !== undefined) log.fatal({ err }, 'the primary broke')
      else log.info({ signal }, 'draining: requests in flight may end, a second signal stops at once')
      await primary.close()
      log.info('stopped')
    })
    process.on('SIGUSR1', () => { // which would open node's inspector otherwise
      reopen()
      primary.reopenLogs()
    })
    const started = await primary.start()
    process.stdout.write(startMessage(started, loaded))
  } catch (error) {
    process.stderr.write(`clinch: ${explainError(error)}\n`)
    process.exit(1)
  }
}
