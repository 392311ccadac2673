import { createDocumentChecker, listedPlugins } from '@clinch/admin-api'
import { loadPlugins } from '@clinch/plugins'
import { createKeyring } from '@clinch/store'
import { pino } from 'pino'
import type { LoadedConfig } from '../config/load-config.ts'
import type { ResourceFile } from '../config/resource-file.ts'
import { pluginListOf } from '../primary/plugin-entries.ts'
import { describeFault } from './describe-fault.ts'
import { readResourceFile } from './read-resource-file.ts'

export interface TestedFile {
  /** What is wrong, a line each. */
  readonly mistakes: readonly string[]
  /** How many objects would be served. */
  readonly objects: number
}

/** Checks a resource file as the gateway would when it reads it, with the plugins that it would load. */
export async function testResourceFile (file: ResourceFile, loaded: LoadedConfig, environment: NodeJS.ProcessEnv): Promise<TestedFile> {
  const reading = await readResourceFile(file, environment)
  if (reading.kind === 'fault') return { mistakes: [`${file.path}: ${reading.reason}`], objects: 0 }
  const log = pino({ level: 'silent' })
  const listed = listedPlugins(reading.document)
  const list = await pluginListOf(loaded, listed, 1, log)
  const catalog = await loadPlugins(list.entries, { ...list, log })
  const check = createDocumentChecker({ keyring: createKeyring(loaded.config.apisix.data_encryption.keyring), plugins: () => catalog })
  const { faults, entries } = await check(reading.document)
  const unloaded = listed === undefined ? [] : catalog.failures.map(({ entry, reason }) => `${file.path}: failed to load plugin [${entry}]: ${reason}`)
  const wrong = faults.map(fault => {
    const { object, reason, line } = describeFault(fault, reading)
    return `${file.path}${line === undefined ? '' : `:${line}`}: ${object}: ${reason}`
  })
  return { mistakes: [...unloaded, ...wrong], objects: entries.length }
}
