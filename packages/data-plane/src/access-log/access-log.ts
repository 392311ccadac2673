import type { LogFile } from '@clinch/plugins'
import type { GatewayContext } from '../proxy/request-context.ts'
import { compileLine } from './compile-line.ts'
import type { EscapeName } from './escape.ts'

/** The access log of a worker. */
export interface AccessLogOptions {
  /** nginx's `log_format`. */
  readonly format: string
  readonly escape: EscapeName
  readonly file: Pick<LogFile, 'write'>
}

/** @returns what writes the line of a request that is over */
export function createAccessLog ({ format, escape, file }: AccessLogOptions): (context: GatewayContext) => void {
  const lineOf = compileLine(format, escape)
  return context => file.write(lineOf(context))
}
