import { WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

const originsPattern = '^(\\*|\\*\\*|null|\\w+://[^,\\s]+(,\\w+://[^,\\s]+)*)$'
const PatternsSchema = Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { minItems: 1, uniqueItems: true })

export const CorsSchema = Type.Object({
  allow_origins: WithDefault(Type.String({ pattern: originsPattern, default: '*' })),
  allow_origins_by_regex: Type.Optional(PatternsSchema),
  allow_origins_by_metadata: Type.Optional(PatternsSchema),
  allow_methods: WithDefault(Type.String({ default: '*' })),
  allow_headers: WithDefault(Type.String({ default: '*' })),
  expose_headers: Type.Optional(Type.String()),
  max_age: WithDefault(Type.Integer({ default: 5, description: 'seconds' })),
  allow_credential: WithDefault(Type.Boolean({ default: false })),
  timing_allow_origins: Type.Optional(Type.String({ pattern: originsPattern })),
  timing_allow_origins_by_regex: Type.Optional(PatternsSchema)
})
export type Cors = Static<typeof CorsSchema>

/** `plugin_metadata/cors`: lists of origins by the keys that `allow_origins_by_metadata` names. */
export const CorsMetadataSchema = Type.Object({
  allow_origins: Type.Optional(Type.Record(Type.String(), Type.String({ pattern: originsPattern })))
})
