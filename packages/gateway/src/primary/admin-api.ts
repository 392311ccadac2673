import { createAdminApi, type AdminApi, type OcspInspection } from '@clinch/admin-api'
import { createKeyring } from '@clinch/store'
import { fieldKeyringOf } from '../secrets/field-keyring.ts'
import { readAdminTls } from './admin-tls.ts'
import { createStandaloneTarget } from './document-content.ts'
import { writePluginList } from './plugin-list.ts'
import type { RunningParts } from './running-parts.ts'

/**
 * The Admin API of this machine, over its store.
 *
 * @param explain - for a machine without an OCSP agent
 */
export async function composeAdminApi ({ config, opened: { store, prefix, document }, plugins, reloads, reloadPlugins, state, agent, log }: RunningParts, explain: OcspInspection['explain'] | undefined): Promise<AdminApi> {
  const { deployment, apisix } = config.config
  return await createAdminApi({
    store,
    prefix,
    lastKnown: key => state.entryOf(key),
    keyring: createKeyring(apisix.data_encryption.keyring),
    fieldKeyring: fieldKeyringOf(config.config),
    streamMode: apisix.proxy_mode !== 'http',
    settings: () => config.adminSettings,
    plugins: () => plugins.catalog,
    reloadPlugins: async () => {
      await reloadPlugins()
      await writePluginList(store, prefix, plugins.catalog)
    },
    standalone: document === undefined ? undefined : createStandaloneTarget({ store: document, reloads, log }),
    ocsp: agent?.inspection,
    explain,
    log: log.child({ component: 'admin-api' }),
    now: Date.now,
    tls: await readAdminTls(config.loaded),
    apiVersion: deployment.admin.admin_api_version === 'v3' ? 'v3' : 'v2'
  })
}
