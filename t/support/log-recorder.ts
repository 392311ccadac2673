import pino, { type Logger } from 'pino'

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly level: number
  readonly msg: string
}

export interface LogRecorder {
  readonly log: Logger
  readonly lines: LogLine[]
  /** The messages of one level: 30 info, 40 warn, 50 error. */
  messages (level: number): string[]
}

/** A logger whose lines can be looked at. */
export function recordLog (level: pino.Level = 'info'): LogRecorder {
  const lines: LogLine[] = []
  const log = pino({ level, base: null }, { write: text => { lines.push(JSON.parse(text) as LogLine) } })
  return { log, lines, messages: wanted => lines.filter(line => line.level === wanted).map(line => line.msg) }
}
