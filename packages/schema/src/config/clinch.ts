import { Type } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { WithDefault } from '../with-default.ts'

/** `clinch.*` of config.yaml: our own settings. */
export const ClinchConfigSchema = Type.Object({
  data_dir: WithDefault(Type.String({
    default: 'data', minLength: 1, description: 'the embedded store, kept staples and the last good configuration; relative to the folder above config.yaml\'s'
  })),
  log_level: WithDefault(StringEnum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], { default: 'info' })),
  client_hello_timeout_ms: WithDefault(Type.Integer({ default: 10_000, minimum: 100, description: 'how long a client may take over its ClientHello' })),
  max_tls_endpoints: WithDefault(Type.Integer({ default: 10_000, minimum: 1, description: 'TLS contexts that a worker keeps ready, about 45 KiB each' })),
  unknown_sni_alert: WithDefault(StringEnum(['unrecognized_name', 'internal_error'], { default: 'unrecognized_name' }))
}, { additionalProperties: false, default: {} })
