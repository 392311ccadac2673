import { createDocumentChecker, type StandaloneTarget } from '@clinch/admin-api'
import type { PluginCatalog } from '@clinch/plugins'
import { createKeyring, type DocumentStore } from '@clinch/store'
import type { Logger } from 'pino'
import type { ResourceFile } from '../config/resource-file.ts'
import { FileProvider } from '../file-provider/file-provider.ts'
import type { CurrentConfig } from './current-config.ts'
import type { PluginReloads } from './plugin-reloads.ts'

export interface DocumentContentOptions {
  readonly store: DocumentStore
  readonly config: CurrentConfig
  readonly catalog: () => PluginCatalog
  readonly reloads: Pick<PluginReloads, 'use'>
  readonly log: Logger
}

/** What fills the store from the file; it has looked at it once when this resolves. */
export async function readDocument (file: ResourceFile, { store, config, catalog, reloads, log }: DocumentContentOptions): Promise<FileProvider> {
  const provider = new FileProvider({
    file,
    environment: process.env,
    store,
    check: createDocumentChecker({ keyring: createKeyring(config.config.apisix.data_encryption.keyring), plugins: catalog }),
    usePlugins: async names => await reloads.use(names),
    log: log.child({ component: 'file-provider' })
  })
  await provider.look()
  return provider
}

/** What the Admin API fills the store through, where it takes the document as a whole. */
export function createStandaloneTarget ({ store, reloads, log }: Pick<DocumentContentOptions, 'store' | 'reloads' | 'log'>): StandaloneTarget {
  log.warn('the configuration is kept in memory: it is gone when the gateway ends, and apisix.yaml is not read while enable_admin is true')
  return {
    replace: async ({ entries, plugins }) => {
      await reloads.use(plugins?.length === 0 ? undefined : plugins)
      store.replace(entries)
    }
  }
}
