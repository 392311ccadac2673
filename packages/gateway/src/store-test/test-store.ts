import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createDocumentChecker } from '@clinch/admin-api'
import type { ConfigObject } from '@clinch/data-plane'
import { loadPlugins } from '@clinch/plugins'
import { createKeyring } from '@clinch/store'
import { pino } from 'pino'
import { ConfigError } from '../config/config-error.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { isDocument, providerOf } from '../config/provider.ts'
import { RunningInstance } from '../instance/running-instance.ts'
import { ConfigState } from '../primary/config-state.ts'
import { openStore } from '../primary/open-store.ts'
import { pluginListOf } from '../primary/plugin-entries.ts'
import { fieldKeyringOf } from '../secrets/field-keyring.ts'
import { documentOf } from './stored-document.ts'

export interface TestedStore {
  readonly place: string
  /** What is wrong, a line each. */
  readonly mistakes: readonly string[]
  /** How many were checked. */
  readonly objects: number
}

const patienceMs = 30_000

/**
 * Checks every object of the store as the Admin API would if it were written now, with the plugins and the keyring of this
 * config.yaml. Nothing is written.
 *
 * @throws ConfigError when there is no store to look into, StoreError when it cannot be read
 */
export async function testStore (loaded: LoadedConfig): Promise<TestedStore> {
  const { place, objects } = await readObjects(loaded)
  const log = pino({ level: 'silent' })
  const list = await pluginListOf(loaded, undefined, 1, log)
  const catalog = await loadPlugins(list.entries, { ...list, log })
  const check = createDocumentChecker({ keyring: createKeyring(loaded.config.apisix.data_encryption.keyring), plugins: () => catalog })
  const { document, unreadable, keyAt } = documentOf(objects, { catalog, fieldKeyring: fieldKeyringOf(loaded.config) })
  const { faults } = await check(document)
  return {
    place,
    objects: objects.length,
    mistakes: [
      ...catalog.failures.map(({ entry, reason }) => `${loaded.file}: failed to load plugin [${entry}]: ${reason}`),
      ...unreadable.map(({ key, reason }) => `${key}: ${reason}`),
      ...faults.map(fault => `${fault.kind === 'section' ? fault.collection : keyAt(fault.collection, fault.index)}: ${fault.reason}`)
    ]
  }
}

// An embedded store is open in the gateway that runs on it, and nobody else may open it: that one is asked.
async function readObjects (loaded: LoadedConfig): Promise<{ readonly place: string, readonly objects: readonly ConfigObject[] }> {
  const provider = providerOf(loaded.config)
  if (isDocument(provider)) throw new ConfigError(`${loaded.file}: the config_provider is ${provider}: there is no store`)
  if (provider === 'embedded') {
    const path = join(loaded.dataDir, 'clinch.db')
    const running = await RunningInstance.find(loaded.dataDir)
    if (running !== undefined) return { place: path, objects: await running.objects(patienceMs) }
    if (!existsSync(path)) return { place: path, objects: [] }
  }
  const { store, place, prefix } = await openStore(loaded, pino({ level: 'silent' }))
  try {
    const state = new ConfigState(prefix)
    const { entries, revision } = await store.list(`${prefix}/`)
    state.load(entries, revision)
    return { place, objects: state.objects }
  } finally {
    await store.close()
  }
}
