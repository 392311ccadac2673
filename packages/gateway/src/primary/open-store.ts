import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createEtcdStore, DocumentStore, openEmbeddedStore, type RemoteStore, type Store } from '@clinch/store'
import type { Logger } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import { providerOf } from '../config/provider.ts'
import { resourceFileOf, type ResourceFile } from '../config/resource-file.ts'

export interface OpenedStore {
  readonly store: Store
  /** For the start message: the file, or the etcd hosts. */
  readonly place: string
  /** What every key begins with. */
  readonly prefix: string
  /** The same store, when it is elsewhere: it was not asked anything yet, and may be away. */
  readonly remote?: RemoteStore
  /** The same store, when its content comes as a whole: nothing is written to it key by key. */
  readonly document?: DocumentStore
  /** Where that content comes from; absent: from the standalone Admin API. */
  readonly file?: ResourceFile
}

/** Opens the store that `deployment` names; rejects with a `StoreError` when it cannot be had, unless it is remote. */
export async function openStore (loaded: LoadedConfig, log: Logger): Promise<OpenedStore> {
  const { config, dataDir, baseDir } = loaded
  const provider = providerOf(config)
  const { prefix } = config.deployment.etcd
  switch (provider) {
    case 'embedded': {
      await mkdir(dataDir, { recursive: true, mode: 0o700 })
      const path = join(dataDir, 'clinch.db')
      return { store: await openEmbeddedStore({ path }), place: path, prefix }
    }
    case 'etcd': {
      const { host, user, password, tls, timeout, watch_timeout: watchTimeout, health_check_timeout: unhealthy } = config.deployment.etcd
      const read = async (file: string) => await readFile(resolve(baseDir, file), 'utf8')
      const trusted = config.apisix.ssl.ssl_trusted_certificate
      const store = await createEtcdStore({
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
        unhealthyMs: (unhealthy < 0 ? 10 : unhealthy) * 1000,
        log: log.child({ component: 'store' })
      })
      return { store, remote: store, place: host.join(', '), prefix }
    }
    case 'yaml':
    case 'json': {
      const document = new DocumentStore()
      const file = resourceFileOf(loaded, process.env)
      const opened = { store: document, prefix: '', document }
      return file === undefined ? { ...opened, place: 'memory, filled by PUT /apisix/admin/configs' } : { ...opened, place: file.path, file }
    }
  }
}
