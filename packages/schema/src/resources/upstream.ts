import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { HealthCheckerSchema } from './health-check.ts'
import { CertificatePemSchema, DescSchema, HostSchema, IdSchema, LabelsSchema, NameSchema, PrivateKeyPemSchema, TimeoutSchema, hostPattern, storedMembers } from './shared.ts'
import { WithDefault } from '../with-default.ts'

/** One node in the form that the gateway works with, whichever form was stored. */
export interface UpstreamNode {
  readonly host: string
  readonly port?: number
  readonly weight: number
  readonly priority?: number
  readonly metadata?: Record<string, unknown>
}

/** `{"host:port": weight}`, or a list of nodes. */
export const NodesSchema = Type.Unsafe<Record<string, number> | UpstreamNode[]>({
  anyOf: [
    {
      type: 'object',
      patternProperties: {
        '^(?:[0-9a-zA-Z-._]+|\\[[0-9a-fA-F:.]+\\])(?::\\d+)?$': { type: 'integer', minimum: 0 }
      },
      additionalProperties: false
    },
    {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          host: { type: 'string', pattern: hostPattern },
          port: { type: 'integer', minimum: 1, maximum: 65535 },
          weight: { type: 'integer', minimum: 0 },
          priority: { type: 'integer', default: 0 },
          metadata: { type: 'object' }
        },
        required: ['host', 'weight']
      }
    }
  ]
})

export const UpstreamSchema = Type.Object({
  ...storedMembers,
  name: Type.Optional(NameSchema),
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  nodes: Type.Optional(NodesSchema),
  service_name: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  discovery_type: Type.Optional(Type.String()),
  discovery_args: Type.Optional(Type.Object({
    namespace_id: Type.Optional(Type.String()),
    group_name: Type.Optional(Type.String())
  })),
  type: WithDefault(Type.String({ default: 'roundrobin' })),
  hash_on: WithDefault(StringEnum(['vars', 'header', 'cookie', 'consumer', 'vars_combinations'], { default: 'vars' })),
  key: Type.Optional(Type.String()),
  scheme: WithDefault(StringEnum(['http', 'https', 'grpc', 'grpcs', 'tcp', 'tls', 'udp', 'kafka'], { default: 'http' })),
  pass_host: WithDefault(StringEnum(['pass', 'node', 'rewrite'], { default: 'pass' })),
  upstream_host: Type.Optional(HostSchema),
  retries: Type.Optional(Type.Integer({ minimum: 0 })),
  retry_timeout: Type.Optional(Type.Number({ minimum: 0, description: 'seconds, 0 for none' })),
  timeout: Type.Optional(TimeoutSchema),
  keepalive_pool: Type.Optional(Type.Object({
    size: WithDefault(Type.Integer({ minimum: 1, default: 320 })),
    idle_timeout: WithDefault(Type.Number({ minimum: 0, default: 60, description: 'seconds' })),
    requests: WithDefault(Type.Integer({ minimum: 1, default: 1000 }))
  })),
  tls: Type.Optional(Type.Object({
    client_cert: Type.Optional(CertificatePemSchema),
    client_key: Type.Optional(PrivateKeyPemSchema),
    client_cert_id: Type.Optional(IdSchema),
    verify: WithDefault(Type.Boolean({ default: false })),
    ca: Type.Optional({ ...CertificatePemSchema, description: 'whom to trust with `verify`; without it `apisix.ssl.ssl_trusted_certificate`' }),
    ocsp: Type.Optional(StringEnum(['off', 'if_present', 'required'], { description: 'what the OCSP response that the upstream staples has to be; with `verify` only' }))
  }, {
    dependencies: {
      client_cert: { required: ['client_key'], not: { required: ['client_cert_id'] } },
      client_key: { required: ['client_cert'], not: { required: ['client_cert_id'] } }
    }
  })),
  checks: Type.Optional(HealthCheckerSchema)
}, {
  additionalProperties: false,
  oneOf: [
    { required: ['nodes'] },
    { required: ['service_name', 'discovery_type'] }
  ]
})
export type Upstream = Static<typeof UpstreamSchema>
