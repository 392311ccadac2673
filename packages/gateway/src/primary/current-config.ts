import type { AdminSettings } from '@clinch/admin-api'
import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'
import { ensureAdminKeys } from '../config/admin-key.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { changedProperties, type PropertyPath } from '../config/property-path.ts'
import { propertiesThatWait, withoutWaiting } from '../config/restart-properties.ts'

type AdminKeys = NonNullable<Config['deployment']['admin']['admin_key']>

export interface MadeKey {
  readonly generated: boolean
  /** Only when the generated key could not be written to config.yaml. */
  readonly unwritten: string | undefined
}

export interface ConfigChanges {
  /** Properties that are others now. */
  readonly changed: readonly PropertyPath[]
  /** Properties of the file that take effect after a restart. */
  readonly waiting: readonly PropertyPath[]
}

/** config.yaml as it was last read, as far as it is in force, with the admin keys that were made for it. */
export class CurrentConfig {
  readonly #started: LoadedConfig
  #loaded: LoadedConfig

  constructor (loaded: LoadedConfig) {
    this.#started = loaded
    this.#loaded = loaded
  }

  get loaded (): LoadedConfig { return this.#loaded }

  get config (): Config { return this.#loaded.config }

  /** Makes the keys that are empty, and writes them into the file if it may be written. */
  async makeKeys (log: Logger): Promise<MadeKey> {
    const { keys, generated, unwritten } = await ensureAdminKeys(this.#loaded)
    this.#useKeys(keys)
    if (unwritten !== undefined) log.warn({ err: unwritten }, 'the generated admin key could not be written to config.yaml and is gone with this process')
    return { generated, unwritten: unwritten === undefined ? undefined : String(keys.find(entry => entry.role === 'admin')?.key) }
  }

  /** A key that was generated and could not be written is still the key. */
  replace (fresh: LoadedConfig): ConfigChanges {
    const before = this.config
    const keysBefore = before.deployment.admin.admin_key ?? []
    this.#loaded = { ...fresh, config: withoutWaiting(this.#started.config, fresh.config), dataDir: this.#started.dataDir }
    const keys = fresh.config.deployment.admin.admin_key ?? []
    this.#useKeys(keys.map((entry, index) => entry.key === '' ? keysBefore[index] ?? entry : entry))
    return { changed: changedProperties(before, this.config), waiting: propertiesThatWait(this.#started.config, fresh.config) }
  }

  /** What the Admin API asks for with every request. */
  get adminSettings (): AdminSettings {
    const { deployment: { admin }, apisix, nginx_config: nginx, clinch } = this.config
    return {
      adminKeys: admin.admin_key,
      adminKeyRequired: admin.admin_key_required,
      wrongKeysPerMinute: clinch.wrong_admin_keys_per_minute,
      allowAdmin: admin.allow_admin,
      enableCors: admin.enable_admin_cors,
      serverTokens: apisix.enable_server_tokens,
      realIp: { from: nginx.http.real_ip_from, header: nginx.http.real_ip_header }
    }
  }

  #useKeys (keys: AdminKeys): void {
    const { config } = this.#loaded
    if (config.deployment.admin.admin_key === null) return
    const deployment = { ...config.deployment, admin: { ...config.deployment.admin, admin_key: keys } }
    this.#loaded = { ...this.#loaded, config: { ...config, deployment } }
  }
}
