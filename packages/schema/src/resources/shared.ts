import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'

/** Host names as APISIX takes them: one optional leading `*`, then letters, digits, `-` `.` `_` `[` `]` `:`. */
export const hostPattern = '^\\*$|^\\*?[0-9a-zA-Z-._\\[\\]:]+$'

export const IdSchema = Type.Unsafe<string | number>({
  anyOf: [
    { type: 'string', minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9-_.]+$' },
    { type: 'integer', minimum: 1 }
  ]
})

export const NameSchema = Type.String({ minLength: 1, maxLength: 256 })
export const DescSchema = Type.String({ maxLength: 256 })
export const TimeSchema = Type.Integer({ description: 'Unix time in whole seconds' })
export const HostSchema = Type.String({ pattern: hostPattern })

export const UriSchema = Type.String({ minLength: 1, maxLength: 4096 })

export const LabelValueSchema = Type.String({ minLength: 1, maxLength: 256, pattern: '^\\S+$' })
export const LabelsSchema = Type.Unsafe<Record<string, string>>({
  type: 'object',
  patternProperties: { '.*': LabelValueSchema }
})

export const AddressSchema = Type.Unsafe<string>({
  type: 'string',
  anyOf: [
    { format: 'ipv4' },
    { pattern: '^([0-9]{1,3}\\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$' },
    { format: 'ipv6' },
    { pattern: '^([a-fA-F0-9]{0,4}:){1,8}(:[a-fA-F0-9]{0,4}){0,8}([a-fA-F0-9]{0,4})?/[0-9]{1,3}$' }
  ]
})

export const TimeoutSchema = Type.Object({
  connect: Type.Number({ exclusiveMinimum: 0, description: 'seconds' }),
  send: Type.Number({ exclusiveMinimum: 0, description: 'seconds between two writes' }),
  read: Type.Number({ exclusiveMinimum: 0, description: 'seconds between two reads' })
})
export type Timeout = Static<typeof TimeoutSchema>

/** Plugin name to that plugin's configuration; each configuration is checked by the plugin's own schema. */
export const PluginsSchema = Type.Unsafe<Record<string, Record<string, unknown>>>({ type: 'object' })

/** Lua source. */
export const ScriptSchema = Type.String({ minLength: 10, maxLength: 102400 })

export const CertificatePemSchema = Type.String({ minLength: 128, maxLength: 64 * 1024 })
export const PrivateKeyPemSchema = Type.String({ minLength: 64, maxLength: 64 * 1024 })

export const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PURGE'] as const
export const MethodSchema = StringEnum(methods)

/** The members that the server adds to every stored object. */
export const storedMembers = {
  id: Type.Optional(IdSchema),
  create_time: Type.Optional(TimeSchema),
  update_time: Type.Optional(TimeSchema)
}

export const StatusSchema = Type.Unsafe<0 | 1>({ type: 'integer', enum: [1, 0], default: 1 })
