import { clientCheckPolicy, staplePolicy, type OcspClientOptions, type RequestHash, type UrlGuard, type VerifyPolicy } from '@clinch/ocsp-core'
import { compileValidator } from '@clinch/schema'
import { OcspAttrSchema, type OcspAttr } from '@clinch/plugins'
import type { CrlSettings } from './crl-keeper.ts'

/** `plugin_attr.ocsp-stapling` as the agent and the workers use it. */
export interface OcspSettings {
  readonly firstStapleWaitMs: number
  readonly responderTimeoutMs: number
  readonly skewMs: number
  readonly staplePolicy: VerifyPolicy
  readonly clientPolicy: VerifyPolicy
  /** For URLs out of client certificates. */
  readonly clientGuard: UrlGuard
  /** Undefined: SHA-256, and SHA-1 where that may help. */
  readonly pinnedHash: RequestHash | undefined
  /** Fetches of staples side by side: a quarter of `max_in_flight`, which leaves room for client checks. */
  readonly maxStaplesInFlight: number
  readonly maxStaplesPerResponder: number
  readonly maxChecksInFlight: number
  /** Half of `max_in_flight`: the clients of a silent responder leave room for the others. */
  readonly maxChecksPerResponder: number
  readonly crl: CrlSettings
  /** Without `ca`, the CAs of Node; whoever reads config.yaml fills in what is in the file. */
  readonly client: OcspClientOptions
  /** Undefined: the usual place in the data folder. */
  readonly cacheDir: string | undefined
  readonly share: boolean
}

const validate = compileValidator(OcspAttrSchema, { fillDefaults: true })

/** From `plugin_attr.ocsp-stapling` as it stands in a config.yaml that was checked (config/ocsp-attr.ts). */
export function stapleSettingsOf (attr: unknown): OcspSettings {
  const read = validate(attr ?? {})
  if (read.kind === 'invalid') throw new Error(`plugin_attr.ocsp-stapling: ${read.issue.message}`)
  return settingsOf(read.value)
}

export function settingsOf (attr: OcspAttr): OcspSettings {
  const ms = (seconds: number): number => Math.round(seconds * 1000)
  const staplesInFlight = Math.ceil(attr.max_in_flight / 4)
  const common = {
    maxResponseBytes: attr.max_response_size,
    allowSha1Signatures: attr.allow_sha1_signatures,
    delegateRevocation: attr.delegate_revocation,
    ...(attr.without_next_update_ttl === undefined ? {} : { withoutNextUpdateTtlMs: ms(attr.without_next_update_ttl) })
  }
  return {
    firstStapleWaitMs: ms(attr.first_staple_wait),
    responderTimeoutMs: ms(attr.responder_timeout),
    skewMs: ms(attr.skew),
    staplePolicy: { ...staplePolicy, ...common, skewMs: ms(attr.skew), maxWindowMs: ms(attr.max_window), nonce: attr.nonce },
    clientPolicy: { ...clientCheckPolicy, ...common, skewMs: ms(attr.client_skew), nonce: attr.client_nonce ?? attr.nonce },
    clientGuard: { mode: attr.aia === 'allow_list' ? 'allowList' : attr.aia, allowList: attr.aia_allow },
    pinnedHash: attr.hash === 'auto' ? undefined : attr.hash,
    maxStaplesInFlight: staplesInFlight,
    maxStaplesPerResponder: attr.max_in_flight_per_responder,
    maxChecksInFlight: Math.max(1, attr.max_in_flight - staplesInFlight),
    maxChecksPerResponder: Math.ceil(attr.max_in_flight / 2),
    crl: { timeoutMs: ms(attr.crl_timeout), maxBytes: attr.max_crl_size, maxIntervalMs: ms(attr.crl_max_interval) },
    client: {
      deadlineMs: ms(attr.responder_timeout),
      maxResponseBytes: attr.max_response_size,
      egressProxy: attr.egress_proxy === '' ? undefined : attr.egress_proxy,
      resolver: attr.resolver.length === 0
        ? undefined
        : { servers: attr.resolver, timeoutMs: ms(attr.resolver_timeout), ...(attr.resolver_valid === undefined ? {} : { validMs: ms(attr.resolver_valid) }) }
    },
    cacheDir: attr.cache_dir === '' ? undefined : attr.cache_dir,
    share: attr.share
  }
}
