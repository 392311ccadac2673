import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import type { HeaderValue } from '../../header/header-edits.ts'
import { headerMapSchema } from '../../header/header-map-schema.ts'

export interface ResponseHeaderEdits {
  /** `Name: value` */
  readonly add?: readonly string[]
  readonly set?: Readonly<Record<string, HeaderValue>>
  readonly remove?: readonly string[]
}
/** The older form is a plain map and means `set`. */
export type ResponseHeaders = ResponseHeaderEdits | Readonly<Record<string, HeaderValue>>

const HeadersSchema = Type.Unsafe<ResponseHeaders>({
  oneOf: [
    {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: {
        add: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^:]+:[^:]*[^/]$' } },
        set: headerMapSchema,
        remove: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^:]+$' } }
      }
    },
    headerMapSchema
  ]
})

const FilterSchema = Type.Object({
  regex: Type.String({ minLength: 1 }),
  scope: WithDefault(StringEnum(['once', 'global'], { default: 'once' })),
  replace: Type.String(),
  options: WithDefault(Type.String({ default: 'jo', description: 'of i, m, s, u, x; j and o have no effect' }))
})
export type BodyFilter = Static<typeof FilterSchema>

export const ResponseRewriteSchema = Type.Object({
  status_code: Type.Optional(Type.Integer({ minimum: 200, maximum: 598 })),
  body: Type.Optional(Type.String()),
  body_base64: WithDefault(Type.Boolean({ default: false })),
  headers: Type.Optional(HeadersSchema),
  vars: Type.Optional(Type.Array(Type.Unknown())),
  filters: Type.Optional(Type.Array(FilterSchema, { minItems: 1 })),
  max_resp_body_size: WithDefault(Type.Integer({ minimum: 1, default: 67_108_864, description: 'octets that are kept for the filters' }))
}, {
  dependencies: { body: { not: { required: ['filters'] } }, filters: { not: { required: ['body'] } } }
})
export type ResponseRewrite = Static<typeof ResponseRewriteSchema>
