import { WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import type { HeaderValue } from '../../header/header-edits.ts'
import { headerMapSchema } from '../../header/header-map-schema.ts'

/** A JSON Schema as far as an example can be made of it. */
export interface ExampleSchema {
  readonly type?: string
  readonly example?: unknown
  readonly properties?: Readonly<Record<string, ExampleSchema>>
  readonly items?: ExampleSchema
}

export const MockingSchema = Type.Object({
  delay: WithDefault(Type.Integer({ default: 0, minimum: 0, description: 'seconds' })),
  response_status: WithDefault(Type.Integer({ default: 200, minimum: 100, maximum: 999 })),
  content_type: WithDefault(Type.String({ default: 'application/json;charset=utf8' })),
  response_example: Type.Optional(Type.String({ description: 'a template' })),
  response_schema: Type.Optional(Type.Unsafe<ExampleSchema>({ type: 'object' })),
  with_mock_header: WithDefault(Type.Boolean({ default: true })),
  response_headers: Type.Optional(Type.Unsafe<Readonly<Record<string, HeaderValue>>>(headerMapSchema))
}, { anyOf: [{ required: ['response_example'] }, { required: ['response_schema'] }] })
export type Mocking = Static<typeof MockingSchema>
