// A process of its own for etcd-open.test.ts: it must end by itself once it has closed its store.
import { openEtcdStore } from '@clinch/store'

const [, , url = ''] = process.argv
const store = await openEtcdStore({ hosts: [url], timeoutMs: 30_000 })
const { revision } = await store.put('/child', 'x')
await new Promise<void>(resolve => store.watch('/child', { fromRevision: revision, onBatch: () => resolve() }))
await store.close()
console.log('closed')
