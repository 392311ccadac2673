import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'

const format = (description: string) => Type.Optional(Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', description }))
const expression = Type.Optional(Type.Array(Type.Unknown(), { minItems: 1 }))

/** What an entry looks like, in a plugin's configuration as in its metadata. */
export const logFormatFields = {
  log_format: format('the members of the entry: constants, and variables as `$name`'),
  log_format_extra: format('what is added to the default entry')
}

/** Which bodies an entry has. */
export const bodyFields = {
  include_req_body: WithDefault(Type.Boolean({ default: false })),
  include_req_body_expr: expression,
  max_req_body_bytes: WithDefault(Type.Integer({ minimum: 1, default: 524_288 })),
  include_resp_body: WithDefault(Type.Boolean({ default: false })),
  include_resp_body_expr: expression,
  max_resp_body_bytes: WithDefault(Type.Integer({ minimum: 1, default: 524_288 }))
}

export const defaultRedacted = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'apikey', 'x-api-key'] as const

/** What the metadata of every logger has. */
export const logMetadataFields = {
  ...logFormatFields,
  redact_headers: WithDefault(Type.Array(Type.String({ minLength: 1 }), {
    default: [...defaultRedacted], description: 'header fields whose values the default entry leaves out'
  }))
}

/** `LogConf` is what the fields above make of a configuration. */
export interface LogConf {
  readonly log_format?: Readonly<Record<string, unknown>>
  readonly log_format_extra?: Readonly<Record<string, unknown>>
  readonly include_req_body: boolean
  readonly include_req_body_expr?: readonly unknown[]
  readonly max_req_body_bytes: number
  readonly include_resp_body: boolean
  readonly include_resp_body_expr?: readonly unknown[]
  readonly max_resp_body_bytes: number
}
