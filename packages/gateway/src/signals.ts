import { setTimeout as delay } from 'node:timers/promises'
import { isatty } from 'node:tty'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'

export interface SignalHandlers {
  /** Lets requests in flight end, and closes everything. */
  readonly stop: () => Promise<void>
  /** How long `stop` may take. */
  readonly limitMs: () => number
  /** Ends what else would go on after this process. */
  readonly kill: () => void
  readonly reload: () => Promise<unknown>
  readonly renewWorkers: () => Promise<unknown>
  readonly reopenLogs: () => void
  readonly log: Logger
}

/**
 * What signals do: SIGTERM, SIGINT and SIGQUIT stop, and a second one ends the process at once; SIGHUP reloads, SIGUSR2
 * replaces the workers, SIGUSR1 opens log files anew. An error that nobody caught stops as well, with exit status 1.
 */
export function handleSignals ({ stop, limitMs, kill, reload, renewWorkers, reopenLogs, log }: SignalHandlers): void {
  const terminal = isatty(0)
  const ending = closeWithGrace({
    delay: false,
    skip: ['SIGHUP', 'SIGUSR2'],
    logger: { error: (message: unknown) => { log.error({ reason: String(message) }, 'not everything closed well') } },
    onSecondSignal: signal => {
      log.warn({ signal }, 'ended at once: requests in flight are cut off')
      kill()
      process.exit(0)
    }
  }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'the primary broke')
    else log.info({ signal: signal ?? 'SIGHUP' }, 'draining: requests in flight may end, a second signal stops at once')
    const isClosed = await Promise.race([stop().then(() => true), delay(limitMs(), false, { ref: false })])
    if (!isClosed) {
      kill()
      throw new Error('it took too long')
    }
    log.info('stopped')
  })
  process.on('SIGHUP', () => {
    if (terminal && !isatty(0)) ending.close() // the terminal it was started from was closed
    else reload().catch(() => {}) // it was logged
  })
  process.on('SIGUSR2', () => { renewWorkers().catch(() => {}) })
  process.on('SIGUSR1', reopenLogs) // which would open node's inspector otherwise
}
