import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Teardown } from '../support/etcd.ts'

/** A folder that goes away with the test. */
export function tempFolder (t: Teardown): string {
  const folder = mkdtempSync(join(tmpdir(), 'clinch-store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
