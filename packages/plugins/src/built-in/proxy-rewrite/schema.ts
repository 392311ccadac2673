import { StringEnum } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import type { HeaderEdits, HeaderValue } from '../../header/header-edits.ts'
import { headerMapSchema, headerValueSchema } from '../../header/header-map-schema.ts'

const methods = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'MKCOL', 'COPY', 'MOVE', 'PROPFIND', 'LOCK', 'UNLOCK', 'PATCH', 'TRACE'] as const

/** The older form is a plain map and means `set`. */
export type Headers = HeaderEdits | Readonly<Record<string, HeaderValue>>

const fields = {
  type: 'object',
  minProperties: 1,
  patternProperties: { '^[^:]+$': { oneOf: [headerValueSchema, { type: 'array', minItems: 1, items: headerValueSchema }] } }
}

const HeadersSchema = Type.Unsafe<Headers>({
  oneOf: [
    {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: { add: fields, set: fields, remove: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^:]+$' } } }
    },
    headerMapSchema
  ]
})

export const ProxyRewriteSchema = Type.Object({
  uri: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, pattern: '^\\/.*' })),
  regex_uri: Type.Optional(Type.Array(Type.String(), { minItems: 2 })),
  method: Type.Optional(StringEnum(methods)),
  host: Type.Optional(Type.String({ pattern: '^[0-9a-zA-Z-.]+(:\\d{1,5})?$' })),
  headers: Type.Optional(HeadersSchema),
  // no default: filled in, it would count as the one member that there must be
  use_real_request_uri_unsafe: Type.Optional(Type.Boolean({ description: 'false when left out' }))
}, { minProperties: 1 })
export type ProxyRewrite = Static<typeof ProxyRewriteSchema>
