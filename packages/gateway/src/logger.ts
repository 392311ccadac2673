import type { Config } from '@clinch/schema'
import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { createLogDestination } from './log-destination.ts'

/**
 * The process's logger: pretty lines on a terminal, JSON otherwise. `redact` is the net below the serializers: nothing
 * that could be a key or a certificate's private half leaves under these names.
 */
export function createLogger (config: Config): Logger {
  const options = {
    level: config.clinch.log_level,
    base: null,
    redact: { paths: ['key', '*.key', 'keys', '*.keys', 'password', '*.password', 'admin_key', '*.admin_key', 'headers["x-api-key"]', '*.headers["x-api-key"]'], censor: '[secret]' }
  }
  const destination = createLogDestination(lines => log.warn({ lines }, 'log lines were dropped: nobody took them away in time'))
  const log: Logger = process.stdout.isTTY
    ? pino(options, pretty({ colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', sync: true, destination }))
    : pino(options, destination)
  return log
}
