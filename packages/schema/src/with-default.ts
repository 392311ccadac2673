import { Type, type TSchema } from '@sinclair/typebox'

/**
 * A property that may be left out because its schema has a default. In the JSON Schema it is not `required`; in the
 * static type, which describes values after validation, it is always there.
 */
export function WithDefault<Schema extends TSchema> (schema: Schema): Schema {
  return Type.Optional(schema) as unknown as Schema // validation fills it in: compileValidator, fillDefaults
}
