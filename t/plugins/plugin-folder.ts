import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { loadPlugins, type PluginCatalog } from '@clinch/plugins'
import { recordLog, type LogRecorder } from '../support/log-recorder.ts'

export interface PluginFolder {
  readonly path: string
  readonly recorder: LogRecorder
  /** Writes a file; each time with a later modification time than the last. */
  write (file: string, text: string): void
  load (entries: readonly string[], attrs?: Readonly<Record<string, unknown>>): Promise<PluginCatalog>
}

/** A folder like the one that config.yaml names plugins relative to. */
export function makePluginFolder (t: Test): PluginFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'clinch-plugins-')))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  const recorder = recordLog()
  let writtenAt = 1_700_000_000
  return {
    path,
    recorder,
    write (file, text) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), text)
      utimesSync(join(path, file), ++writtenAt, writtenAt)
    },
    load: (entries, attrs = {}) => loadPlugins(entries, { baseDir: path, attrs, log: recorder.log })
  }
}

/** The text of a plugin that is named as wanted; members can be put in place of the usual ones. */
export function pluginSource (name: string, members: Readonly<Record<string, string>> = {}): string {
  const all = { name: `'${name}'`, version: '1', priority: '0', schema: '{ type: \'object\' }', create: '() => ({})', ...members }
  return `export default { ${Object.entries(all).filter(([, value]) => value !== '').map(([key, value]) => `${key}: ${value}`).join(', ')} }\n`
}
