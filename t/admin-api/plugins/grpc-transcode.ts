import type { Plugin } from '@clinch/plugins'
import { Type } from '@sinclair/typebox'

/** Refers to protos, as the plugin of this name does. */
export default {
  name: 'grpc-transcode',
  version: 0.1,
  priority: 506,
  schema: Type.Object({ proto_id: Type.Unknown() }),
  create: () => ({})
} satisfies Plugin
