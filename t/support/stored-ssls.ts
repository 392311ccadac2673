import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedStore } from '@clinch/store'
import type { Authority, Issued } from './pki.ts'
import { createKey } from './signing.ts'

export interface StoredSsls {
  /** In the order of their ids, which count from 0. */
  readonly leaves: readonly Issued[]
  readonly nameOf: (id: number) => string
}

/** Fills the embedded store of a gateway that does not run yet with stapled ssl objects, as so many PUTs would. One key for all makes them cheap. */
export async function storeSsls (dataDir: string, count: number, authority: Authority, ocspUriOf: (id: number) => string): Promise<StoredSsls> {
  const key = createKey('ec')
  const nameOf = (id: number): string => `site-${id}.test`
  const leaves = Array.from({ length: count }, (_, id) => authority.issue({ sans: [nameOf(id)], key, ocspUris: [ocspUriOf(id)] }))
  await mkdir(dataDir, { recursive: true })
  await using store = await openEmbeddedStore({ path: join(dataDir, 'clinch.db') })
  await Promise.all(leaves.map(async ({ chainPem, keyPem }, id) => await store.put(`/apisix/ssls/${id}`, JSON.stringify({
    id: String(id), cert: chainPem, key: keyPem, snis: [nameOf(id)], status: 1, type: 'server', ocsp_stapling: { enabled: true }
  }))))
  return { leaves, nameOf }
}
