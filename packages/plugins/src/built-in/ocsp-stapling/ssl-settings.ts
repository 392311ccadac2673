import { CertificatePemSchema, StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

const responder = (description: string) => WithDefault(Type.String({ pattern: '^(https?://\\S+)?$', maxLength: 2048, default: '', description }))

/** `ocsp_stapling` of an ssl resource, there while the plugin is loaded (ocsp.md section 14). */
export const OcspStaplingSchema = Type.Object({
  enabled: WithDefault(Type.Boolean({ default: false, description: 'staple for the certificates of this resource' })),
  skip_verify: WithDefault(Type.Boolean({ default: false, description: 'staple what parses, is in time and names the certificate, whoever signed it and whatever it says' })),
  ssl_stapling_responder: responder('asked instead of the responder that the server certificate names'),
  ssl_ocsp: WithDefault(StringEnum(['off', 'leaf', 'chain'], { default: 'off', description: 'which certificates of a client are checked on routes with the plugin' })),
  ssl_ocsp_responder: responder('asked instead of the responder that the client certificate names'),
  ssl_crl: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'CRLs for client certificates: a file in PEM or DER on disk, or an http or https URL, before the distribution points that the certificates name' })),
  cache_ttl: WithDefault(Type.Integer({ minimum: 60, default: 3600, description: 'seconds until a response is asked for again, at the latest' })),
  ssl_trusted_certificate: Type.Optional({ ...CertificatePemSchema, description: 'issuers and signers of responses; never sent to clients' }),
  ssl_stapling_file: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'a DER response on disk, instead of a responder' })),
  response_max_age: Type.Optional(Type.Integer({ minimum: 1, description: 'seconds since thisUpdate after which a response is too old' })),
  must_staple: WithDefault(StringEnum(['serve', 'refuse'], { default: 'serve', description: 'what becomes of a must-staple certificate without a staple' }))
}, { additionalProperties: false })
export type OcspStapling = Static<typeof OcspStaplingSchema>

/** The settings on an ssl resource whose defaults are filled in; undefined where it has none. */
export function ocspStaplingOf (ssl: Readonly<Record<string, unknown>>): OcspStapling | undefined {
  return ssl['ocsp_stapling'] as OcspStapling | undefined // checked with the resource, whose schema this is part of
}
