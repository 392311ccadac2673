import type { PluginCatalog } from '@clinch/plugins'
import type { SslProtocol } from '@clinch/schema'
import type { Keyring, Store, StoredEntry } from '@clinch/store'
import type { Logger } from 'pino'
import type { OcspInspection } from './ocsp/inspection.ts'
import type { StandaloneTarget } from './standalone/standalone-target.ts'

export interface AdminKey {
  readonly name?: string | undefined
  /** A number when YAML or the environment made one of it; compared as text. Empty: never matches. */
  readonly key: string | number
  /** `viewer` may only read; any other value, or none, may do all. */
  readonly role?: string | undefined
}

/** What a reload of config.yaml may change; read anew for every request. */
export interface AdminSettings {
  /** `deployment.admin.admin_key`; null: no key is asked for. */
  readonly adminKeys: readonly AdminKey[] | null
  readonly adminKeyRequired: boolean
  /** How many different wrong keys an address may send in a minute; 0 for any number. */
  readonly wrongKeysPerMinute: number
  /** Addresses and CIDR blocks that are let in; null: all. */
  readonly allowAdmin: readonly string[] | null
  readonly enableCors: boolean
  readonly serverTokens: boolean
  /** Whose word about the client's address is taken, and from which header (`nginx_config.http`). Absent: nobody's. */
  readonly realIp?: { readonly from: readonly string[], readonly header: string } | undefined
}

export interface AdminTls {
  readonly certPem: string
  readonly keyPem: string
  /** The lowest and the highest are offered, and what lies between. Absent: those of Node, and so the ciphers. */
  readonly protocols?: readonly SslProtocol[] | undefined
  readonly ciphers?: string | undefined
  /** Of the key exchange, as OpenSSL writes them. */
  readonly groups?: string | undefined
  readonly sessionTickets?: boolean | undefined
  /** How long the key of tickets is used; absent: for the life of the server. */
  readonly ticketKeyLifetimeMs?: number | undefined
  /** Makes a client certificate of this CA mandatory. */
  readonly clientCaPem?: string | undefined
}

/** What a client gets before it is cut off. */
export interface ConnectionLimits {
  /** For the head of a request, and for a TLS handshake. */
  readonly headMs: number
  /** For a whole request. */
  readonly requestMs: number
  /** In which nothing is sent either way. */
  readonly idleMs: number
  readonly connections: number
}

export interface AdminApiOptions {
  readonly store: Store
  /** What every key in the store begins with: `/apisix`. */
  readonly prefix: string
  /** What the watch last told of a key: spares a write the reading before it. Never taken for the truth. Absent: nothing is known. */
  readonly lastKnown?: ((key: string) => StoredEntry | undefined) | undefined
  readonly keyring: Keyring
  /** For what plugins keep secret; an empty one encrypts nothing. Absent: `keyring`, which private keys are encrypted with. */
  readonly fieldKeyring?: Keyring | undefined
  readonly settings: () => AdminSettings
  /** Has `apisix.proxy_mode` streams in it? Without it there are no stream routes. */
  readonly streamMode?: boolean | undefined
  /** The plugins that are loaded now. */
  readonly plugins: () => PluginCatalog
  /** Rejects with the reason why the plugins stay as they were. */
  readonly reloadPlugins: () => Promise<void>
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** The configuration is read and replaced as a whole, and there is nothing else (admin-api.md 2.9). Absent: object by object, in the store. */
  readonly standalone?: StandaloneTarget | undefined
  /** Absent: this process runs no OCSP agent. */
  readonly ocsp?: OcspInspection | undefined
  /** Where there is no agent: what explains OCSP responses all the same. */
  readonly explain?: OcspInspection['explain'] | undefined
  /** Absent: plain HTTP. */
  readonly tls?: AdminTls | undefined
  /** `v2`: the format of answers that APISIX had before version 3; `v3` when left out. */
  readonly apiVersion?: 'v2' | 'v3' | undefined
  /** Absent: those of connection-limits.ts. */
  readonly limits?: Partial<ConnectionLimits> | undefined
}
