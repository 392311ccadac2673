import type { RequestContext } from '../contract/request-context.ts'

/** A request as a log entry is made from it: with the bodies that were kept. */
export interface LogSource {
  readonly context: RequestContext
  /** Undefined: not kept. */
  readonly requestBody: string | undefined
  readonly responseBody: string | undefined
}

/** Variables as everybody reads them, and `request_body` and `resp_body`, which only loggers have. */
export function variableOf (source: LogSource, name: string): string | undefined {
  switch (name) {
    case 'request_body': return source.requestBody
    case 'resp_body': return source.responseBody
    default: return source.context.variable(name)
  }
}
