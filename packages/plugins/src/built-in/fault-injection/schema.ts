import { Type, type Static } from '@sinclair/typebox'
import type { HeaderValue } from '../../header/header-edits.ts'
import { headerMapSchema } from '../../header/header-map-schema.ts'

const sample = {
  percentage: Type.Optional(Type.Integer({ minimum: 0, maximum: 100, description: 'of the requests; all of them when left out' })),
  vars: Type.Optional(Type.Array(Type.Array(Type.Unknown()), { maxItems: 20, description: 'expressions of which one must hold' }))
}

const AbortSchema = Type.Object({
  http_status: Type.Integer({ minimum: 200, maximum: 999 }),
  body: Type.Optional(Type.String()),
  headers: Type.Optional(Type.Unsafe<Readonly<Record<string, HeaderValue>>>(headerMapSchema)),
  ...sample
})
export type Abort = Static<typeof AbortSchema>

const DelaySchema = Type.Object({
  duration: Type.Number({ minimum: 0, description: 'seconds' }),
  ...sample
})

export const FaultInjectionSchema = Type.Object({
  abort: Type.Optional(AbortSchema),
  delay: Type.Optional(DelaySchema)
}, { anyOf: [{ required: ['abort'] }, { required: ['delay'] }] })
