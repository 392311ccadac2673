import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { CertificatePemSchema, DescSchema, HostSchema, LabelsSchema, PrivateKeyPemSchema, StatusSchema, storedMembers } from './shared.ts'
import { WithDefault } from '../with-default.ts'

export const sslProtocols = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type SslProtocol = typeof sslProtocols[number]

/**
 * A certificate with its names. `type: client` is presented to upstreams; `server`, the default, is presented to
 * clients. Plugins add properties while they are loaded (`extendResourceSchema`), such as `ocsp_stapling`.
 */
export const SslSchema = Type.Object({
  ...storedMembers,
  desc: Type.Optional(DescSchema),
  labels: Type.Optional(LabelsSchema),
  type: WithDefault(StringEnum(['server', 'client'], { default: 'server' })),
  cert: Type.Optional(CertificatePemSchema),
  key: Type.Optional(PrivateKeyPemSchema),
  certs: Type.Optional(Type.Array(CertificatePemSchema)),
  keys: Type.Optional(Type.Array(PrivateKeyPemSchema)),
  sni: Type.Optional(HostSchema),
  snis: Type.Optional(Type.Array(HostSchema, { minItems: 1 })),
  client: Type.Optional(Type.Object({
    ca: CertificatePemSchema,
    depth: WithDefault(Type.Integer({ minimum: 0, default: 1 })),
    skip_mtls_uri_regex: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true }))
  })),
  status: WithDefault(StatusSchema),
  ssl_protocols: Type.Optional(Type.Array(StringEnum(sslProtocols), { maxItems: 3, uniqueItems: true }))
}, {
  additionalProperties: false,
  if: { properties: { type: { enum: ['server'] } } },
  then: {
    required: ['cert', 'key'],
    oneOf: [{ required: ['sni'] }, { required: ['snis'] }]
  },
  else: { required: ['cert', 'key'] }
})
export type Ssl = Static<typeof SslSchema>
