import { Type, type Static } from '@sinclair/typebox'
import { DescSchema, LabelsSchema, NameSchema, storedMembers } from './shared.ts'

/** A description of gRPC services: `.proto` text, or a FileDescriptorSet in base64. */
export const ProtoSchema = Type.Object({
  ...storedMembers,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  content: Type.String({ minLength: 1, maxLength: 1024 * 1024 })
}, { additionalProperties: false })
export type Proto = Static<typeof ProtoSchema>
