import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openEmbeddedStore, openEtcdStore, type Store } from '@clinch/store'
import type { Logger } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load-config.ts'

export interface OpenedStore {
  readonly store: Store
  /** For the start message: the file, or the etcd hosts. */
  readonly place: string
}

/** Opens the store that `deployment` names; rejects with a `StoreError` when it cannot be had. */
export async function openStore ({ config, dataDir, baseDir }: LoadedConfig, log: Logger): Promise<OpenedStore> {
  const provider = providerOf(config.deployment)
  switch (provider) {
    case 'embedded': {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      const path = join(dataDir, 'clinch.db')
      return { store: await openEmbeddedStore({ path }), place: path }
    }
    case 'etcd': {
      const { host, user, password, tls, timeout, watch_timeout: watchTimeout } = config.deployment.etcd
      const read = async (file: string) => await readFile(resolve(baseDir, file), 'utf8')
      const trusted = config.apisix.ssl.ssl_trusted_certificate
      const store = await openEtcdStore({
        hosts: host,
        ...(user === undefined ? {} : { user }),
        ...(password === undefined ? {} : { password }),
        ...(tls === undefined && !host.some(url => url.startsWith('https:'))
          ? {}
          : {
              tls: {
                ...(trusted === 'system' ? {} : { caPem: await read(trusted) }),
                ...(tls?.cert === undefined ? {} : { certPem: await read(tls.cert) }),
                ...(tls?.key === undefined ? {} : { keyPem: await read(tls.key) }),
                ...(tls?.sni === undefined ? {} : { serverName: tls.sni }),
                verify: tls?.verify ?? true
              }
            }),
        timeoutMs: timeout * 1000,
        watchTimeoutMs: watchTimeout * 1000,
        log: log.child({ component: 'store' })
      })
      return { store, place: host.join(', ') }
    }
    case 'yaml':
    case 'json':
      throw new ConfigError(`deployment: config_provider ${provider} is not supported yet: use embedded or etcd`)
  }
}

export function providerOf (deployment: LoadedConfig['config']['deployment']): 'embedded' | 'etcd' | 'yaml' | 'json' {
  switch (deployment.role) {
    case 'traditional': return deployment.role_traditional.config_provider
    case 'control_plane': return deployment.role_control_plane?.config_provider ?? 'etcd'
    case 'data_plane': return deployment.role_data_plane?.config_provider ?? 'etcd'
  }
}
