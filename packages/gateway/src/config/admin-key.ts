import { randomInt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { Config } from '@clinch/schema'
import { isScalar, parseDocument } from 'yaml'
import type { LoadedConfig } from './load-config.ts'

type AdminKeys = NonNullable<Config['deployment']['admin']['admin_key']>

export interface EnsuredAdminKeys {
  readonly keys: AdminKeys
  readonly generated: boolean
  /** The file could not be written: the keys are in memory only. */
  readonly unwritten: Error | undefined
}

/**
 * Gives every `admin` entry with an empty key 32 random letters and writes them back into config.yaml, into those
 * scalars alone, so that comments and layout stay and scripts can read the key with yq.
 */
export async function ensureAdminKeys (loaded: LoadedConfig): Promise<EnsuredAdminKeys> {
  const configured = loaded.config.deployment.admin.admin_key ?? []
  const empty = configured.flatMap((entry, index) => entry.key === '' && entry.role === 'admin' ? [index] : [])
  if (empty.length === 0) return { keys: configured, generated: false, unwritten: undefined }
  const keys = configured.map((entry, index) => empty.includes(index) ? { ...entry, key: randomKey() } : entry)
  const unwritten = await writeKeys(loaded.file, keys, empty).then(() => undefined, (error: unknown) => error as Error)
  return { keys, generated: true, unwritten }
}

function randomKey (): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  return Array.from({ length: 32 }, () => letters[randomInt(letters.length)]).join('')
}

async function writeKeys (file: string, keys: AdminKeys, changed: readonly number[]): Promise<void> {
  const text = await readFile(file, 'utf8')
  const document = parseDocument(text)
  // from the end of the file to its beginning, so that earlier places stay where they are
  const edits = changed.map(index => ({ index, node: document.getIn(['deployment', 'admin', 'admin_key', index, 'key'], true) }))
  const places = edits.flatMap(({ index, node }) => isScalar(node) && node.range != null && node.range[1] > node.range[0] ? [{ index, start: node.range[0], end: node.range[1] }] : [])
  if (places.length === edits.length) {
    const edited = places.sort((a, b) => b.start - a.start)
      .reduce((result, { index, start, end }) => result.slice(0, start) + JSON.stringify(keys[index]?.key) + result.slice(end), text)
    await writeFile(file, edited)
    return
  }
  // the file has no such scalar: the list is the built-in default, or the key is left empty without quotes
  document.setIn(['deployment', 'admin', 'admin_key'], document.createNode(keys))
  await writeFile(file, String(document))
}
