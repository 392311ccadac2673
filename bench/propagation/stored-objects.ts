import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedStore } from '@clinch/store'
import { createAuthority } from '../../t/support/pki.ts'

/** What a gateway has in its store before it starts. */
export interface Fill {
  readonly routes: number
  readonly ssls: number
}

const writesAtOnce = 5000

/** Fills the embedded store of a gateway that does not run yet: routes to one node, ssls with a name of their own and one certificate. */
export async function storeObjects (dataDir: string, { routes, ssls }: Fill, node: string): Promise<void> {
  const { chainPem, keyPem } = createAuthority().issue({ sans: ['*.bench.test'] })
  const objects = [
    ...Array.from({ length: routes }, (_, id) => [`routes/${id}`, { id: String(id), uri: `/tenant/${id}/*`, upstream: { type: 'roundrobin', nodes: { [node]: 1 } } }] as const),
    ...Array.from({ length: ssls }, (_, id) => [`ssls/${id}`, { id: String(id), cert: chainPem, key: keyPem, snis: [`site-${id}.bench.test`], status: 1, type: 'server' }] as const)
  ]
  await mkdir(dataDir, { recursive: true })
  await using store = await openEmbeddedStore({ path: join(dataDir, 'clinch.db') })
  for (let at = 0; at < objects.length; at += writesAtOnce) {
    await Promise.all(objects.slice(at, at + writesAtOnce).map(async ([key, value]) => await store.put(`/apisix/${key}`, JSON.stringify(value))))
  }
}
