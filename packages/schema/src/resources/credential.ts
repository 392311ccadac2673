import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, IdSchema, LabelsSchema, NameSchema, storedMembers } from './shared.ts'

/** In files and batches a credential stands among the consumers, as `{username}/credentials/{id}`. */
const QualifiedIdSchema = { type: 'string', minLength: 15, maxLength: 128, pattern: '^[a-zA-Z0-9-_]+/credentials/[a-zA-Z0-9-_.]+$' }

/** One more way for a consumer to say who it is: one plugin, of type `auth`. */
export const CredentialSchema = Type.Object({
  ...storedMembers,
  id: Type.Optional(Type.Unsafe<string | number>({ oneOf: [IdSchema, QualifiedIdSchema] })),
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  plugins: Type.Optional(Type.Unsafe<Record<string, Record<string, unknown>>>({ type: 'object', maxProperties: 1 }))
}, { additionalProperties: false })
export type Credential = Static<typeof CredentialSchema>
