import type { PluginCatalog } from '@clinch/plugins'
import type { Keyring, Store } from '@clinch/store'
import type { Logger } from 'pino'
import type { OcspInspection } from './ocsp/inspection.ts'

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
  /** Makes a client certificate of this CA mandatory. */
  readonly clientCaPem?: string | undefined
}

export interface AdminApiOptions {
  readonly store: Store
  /** What every key in the store begins with: `/apisix`. */
  readonly prefix: string
  readonly keyring: Keyring
  readonly settings: () => AdminSettings
  /** The plugins that are loaded now. */
  readonly plugins: () => PluginCatalog
  /** Rejects with the reason why the plugins stay as they were. */
  readonly reloadPlugins: () => Promise<void>
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Absent: this process runs no OCSP agent. */
  readonly ocsp?: OcspInspection | undefined
  /** Absent: plain HTTP. */
  readonly tls?: AdminTls | undefined
}
