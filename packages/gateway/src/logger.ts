import { resolve } from 'node:path'
import type { Config } from '@clinch/schema'
import { pino, type Level, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { createLogDestination, openLogFile } from './log-destination.ts'
import { LogLevels } from './log-levels.ts'

/** Where the log goes. */
export interface OpenLog {
  readonly log: Logger
  /** For a line of another process's log, as it came from there. */
  readonly write: (line: string) => void
  /** The file may have been moved away: from here on lines go to the one that has its name. */
  readonly reopen: () => void
  /** From here on only lines of the level that this configuration wants, or above, are logged, by all loggers made from this one too. */
  readonly setLevel: (config: Config) => void
}

/**
 * The log of the machine: pretty lines on a terminal, JSON otherwise. `redact` is the net below the serializers: nothing
 * that could be a key or a certificate's private half leaves under these names.
 *
 * @param baseDir - where `nginx_config.error_log` begins when it is relative
 * @throws Error when that file cannot be opened
 */
export function openLog (config: Config, baseDir: string): OpenLog {
  const place = resolve(baseDir, config.nginx_config.error_log ?? '/dev/stdout')
  const levels = new LogLevels()
  const options = { ...optionsOf(config), onChild: levels.onChild }
  const fd = outputs[place]
  if (fd === undefined) {
    const file = openLogFile(place)
    const log: Logger = pino(options, file)
    return {
      log,
      write: line => { file.write(line) },
      reopen () {
        try {
          file.reopen()
        } catch (err) {
          log.error({ err, path: place }, 'the log file could not be opened anew')
        }
      },
      setLevel: fresh => levels.set(log, levelOf(fresh))
    }
  }
  const destination = createLogDestination(fd, lines => log.warn({ lines }, 'log lines were dropped: nobody took them away in time'))
  const output = (fd === 1 ? process.stdout : process.stderr).isTTY
    ? pretty({ colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', sync: true, destination })
    : destination
  const log: Logger = pino(options, output)
  return { log, write: line => { output.write(line) }, reopen () {}, setLevel: fresh => levels.set(log, levelOf(fresh)) }
}

/** The log of a worker, whose lines the primary reads. */
export function createLogger (config: Config): Logger {
  const log: Logger = pino(optionsOf(config), createLogDestination(1, lines => log.warn({ lines }, 'log lines were dropped: nobody took them away in time')))
  return log
}

const outputs: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 }

function levelOf ({ clinch, nginx_config: { error_log_level: named } }: Config): Level {
  return clinch.log_level ?? (named === undefined ? 'info' : levelNames[named])
}

function optionsOf (config: Config) {
  return {
    level: levelOf(config),
    base: null,
    redact: { paths: ['key', '*.key', 'keys', '*.keys', 'password', '*.password', 'admin_key', '*.admin_key', 'headers["x-api-key"]', '*.headers["x-api-key"]'], censor: '[secret]' }
  }
}

/** nginx's names for them. */
const levelNames = {
  debug: 'debug', info: 'info', notice: 'info', warn: 'warn', error: 'error', crit: 'fatal', alert: 'fatal', emerg: 'fatal'
} as const satisfies Record<NonNullable<Config['nginx_config']['error_log_level']>, string>
