import type { Plugin } from '@clinch/plugins'
import { Type } from '@sinclair/typebox'

/** Refers to upstreams from within a plugin's configuration, as the plugin of this name does. */
export default {
  name: 'traffic-split',
  version: 0.1,
  priority: 966,
  schema: Type.Object({ rules: Type.Optional(Type.Array(Type.Unknown())) }),
  create: () => ({})
} satisfies Plugin
