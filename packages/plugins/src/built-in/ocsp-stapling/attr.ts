import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

const seconds = (minimum: number, maximum: number, fallback: number, description: string) =>
  WithDefault(Type.Number({ minimum, maximum, default: fallback, description }))
const count = (minimum: number, maximum: number, fallback: number, description: string) =>
  WithDefault(Type.Integer({ minimum, maximum, default: fallback, description }))

const day = 86_400

/**
 * `plugin_attr.ocsp-stapling` of config.yaml: what holds for the whole machine. The gateway's OCSP agent reads it; the
 * bounds are those of ocsp.md section 12, times in seconds.
 */
export const OcspAttrSchema = Type.Object({
  // time
  first_staple_wait: seconds(0, 10, 1, 'seconds that a handshake waits while the very first fetch is under way'),
  responder_timeout: seconds(1, 60, 10, 'seconds for one fetch of a staple, from name resolution to last octet'),
  client_timeout: seconds(0.1, 30, 2, 'seconds for one check of a client certificate, on routes without a `timeout`'),
  skew: seconds(0, 900, 300, 'seconds by which the clocks of responders may differ; for staples'),
  client_skew: seconds(0, 900, 60, 'the same for client certificates'),

  // what is accepted
  max_window: seconds(3600, 365 * day, 10 * day, 'seconds after thisUpdate at which a staple ends, however long its response is good for'),
  without_next_update_ttl: Type.Optional(Type.Number({ minimum: 1, maximum: 7 * day, description: 'seconds that a response without nextUpdate is good for; left out, such a response is refused' })),
  max_response_size: count(4096, 1_048_576, 65_536, 'octets of a response; a longer one is broken off'),
  allow_sha1_signatures: WithDefault(Type.Boolean({ default: false, description: 'accept responses and delegates that are signed with SHA-1' })),
  delegate_revocation: WithDefault(StringEnum(['lenient', 'strict'], { default: 'lenient', description: 'a delegate without nocheck: `lenient` takes its word for a day at most, `strict` refuses it' })),

  // CRLs of client certificates
  crl_timeout: seconds(1, 300, 30, 'seconds for one fetch of a CRL, which goes on in the background'),
  crl_max_interval: seconds(60, 7 * day, day, 'seconds until a CRL is fetched again, at the latest'),
  max_crl_size: count(1_048_576, 268_435_456, 20_971_520, 'octets of a CRL; a longer one is broken off'),

  // how responders are asked
  hash: WithDefault(StringEnum(['auto', 'sha256', 'sha1'], { default: 'auto', description: 'how a request names the certificate; `auto` is SHA-256, and SHA-1 where the responder knows nothing else' })),
  nonce: WithDefault(StringEnum(['off', 'optional', 'required'], { default: 'off', description: 'send a nonce; `required` refuses a response without it' })),
  client_nonce: Type.Optional(StringEnum(['off', 'optional', 'required'], { description: 'the same for client certificates; as `nonce` when left out' })),
  max_in_flight: count(1, 1024, 64, 'questions side by side: a quarter for staples, the others for clients, half at most for the clients of one responder'),
  max_in_flight_per_responder: count(1, 1024, 4, 'fetches of staples side by side from one responder'),

  // which URLs out of client certificates are asked; what is configured (ssl_ocsp_responder) always is
  aia: Type.Optional(StringEnum(['off', 'allow_list', 'public'], { description: '`off`: none; `allow_list`: those of `aia_allow`; `public`: those too, and those whose host has addresses of the internet only. Left out: `allow_list` where `aia_allow` names any, else `public`' })),
  aia_allow: WithDefault(Type.Array(Type.String({ maxLength: 2048, pattern: '^(\\*\\.)?(\\[[0-9A-Fa-f:.]+\\]|[^\\s:/*?#@[\\]]+)(:[0-9]{1,5})?(/[^\\s?#]*)?$' }), { maxItems: 1024, default: [], description: 'hosts as `ocsp.example.org` or `*.example.org`, with port (without one: 80 and 443) and path prefix where wanted. They may be on a private network; loopback and link-local addresses only when listed by address' })),

  // what upstreams believe
  strip_client_cert_fields: WithDefault(Type.Boolean({ default: true, description: 'drop `Client-Cert`, `Client-Cert-Chain` and `X-Client-Cert-Status` from every request, so that no client can claim a certificate; `false` only where all clients are proxies that write them' })),

  // how they are reached
  egress_proxy: WithDefault(Type.String({ pattern: '^(https?://[^\\s/?#]+/?)?$', maxLength: 2048, default: '', description: 'a proxy for all questions, such as `http://user:password@proxy:3128`' })),
  resolver: WithDefault(Type.Array(Type.String({ minLength: 1 }), { maxItems: 16, default: [], description: 'DNS servers by address, such as `10.0.0.53` or `[fd00::53]:5353`; empty: names are resolved as the machine does it' })),
  resolver_timeout: seconds(0.1, 30, 2, 'seconds until the next of these servers is asked'),
  resolver_valid: Type.Optional(Type.Number({ minimum: 0, maximum: day, description: 'seconds for which their answers are remembered, in place of the TTL' })),
  responder_ca: WithDefault(Type.String({ minLength: 1, default: 'system', description: 'the CAs that responders with `https` are verified with: a PEM file, or `system` for those of Node' })),

  // where responses are kept
  cache_dir: WithDefault(Type.String({ default: '', description: 'the folder for all that was verified (`staples`, `clients`, `crls` below it); empty: `ocsp` in `clinch.data_dir`' })),
  share: WithDefault(Type.Boolean({ default: true, description: 'share staples with the other machines of an etcd cluster' }))
}, { additionalProperties: false })
export type OcspAttr = Static<typeof OcspAttrSchema>
