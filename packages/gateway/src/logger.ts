import type { Config } from '@clinch/schema'
import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { createLogDestination } from './log-destination.ts'

/** Where the log goes. */
export interface OpenLog {
  readonly log: Logger
  /** For a line of another process's log, as it came from there. */
  readonly write: (line: string) => void
}

/**
 * The process's log: pretty lines on a terminal, JSON otherwise. `redact` is the net below the serializers: nothing
 * that could be a key or a certificate's private half leaves under these names.
 */
export function openLog (config: Config): OpenLog {
  const options = {
    level: config.clinch.log_level,
    base: null,
    redact: { paths: ['key', '*.key', 'keys', '*.keys', 'password', '*.password', 'admin_key', '*.admin_key', 'headers["x-api-key"]', '*.headers["x-api-key"]'], censor: '[secret]' }
  }
  const destination = createLogDestination(lines => log.warn({ lines }, 'log lines were dropped: nobody took them away in time'))
  const output = process.stdout.isTTY
    ? pretty({ colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', sync: true, destination })
    : destination
  const log: Logger = pino(options, output)
  return { log, write: line => { output.write(line) } }
}

export function createLogger (config: Config): Logger {
  return openLog(config).log
}
