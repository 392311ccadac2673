import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'

/** `plugin_attr.ocsp-stapling` of config.yaml: what holds for the whole machine; the gateway's OCSP agent reads it. */
export const OcspAttrSchema = Type.Object({
  first_staple_wait: WithDefault(Type.Number({ minimum: 0, maximum: 10, default: 1, description: 'seconds that a handshake waits while the very first fetch is under way' })),
  skew: WithDefault(Type.Number({ minimum: 0, maximum: 900, default: 300, description: 'seconds by which clocks may differ' })),
  responder_timeout: WithDefault(Type.Number({ minimum: 1, maximum: 60, default: 10, description: 'seconds for one fetch of a staple' })),
  max_in_flight: WithDefault(Type.Integer({ minimum: 1, maximum: 1024, default: 16, description: 'fetches side by side' }))
}, { additionalProperties: false })
