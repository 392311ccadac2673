import t from 'tap'
import { openEtcdStore } from '@clinch/store'
import type { Store, StoreEvent } from '@clinch/store'
import type { Test } from 'tap'
import { startEtcd } from '../support/etcd.ts'
import { readEtcdHistory } from './etcd-history.ts'
import { startTcpProxy } from './tcp-proxy.ts'
import { brief, keyOf, recordWatch, revisionOf } from './watch-recorder.ts'
import { startWriteLoad } from './write-load.ts'

async function openStore (t: Test, url: string, watchTimeoutMs = 50_000): Promise<Store> {
  const store = await openEtcdStore({ hosts: [url], timeoutMs: 5000, watchTimeoutMs })
  t.teardown(() => store.close())
  return store
}

/** The wire of the watcher can be cut while others go on writing. */
async function startWorld (t: Test, watchTimeoutMs?: number) {
  const etcd = await startEtcd(t)
  const proxy = await startTcpProxy(t, etcd.port)
  return { etcd, proxy, watcher: await openStore(t, proxy.url, watchTimeoutMs), writer: await openStore(t, etcd.url) }
}

function stateAfter (events: readonly StoreEvent[]): Map<string, string> {
  const state = new Map<string, string>()
  for (const event of events) {
    if (event.kind === 'put') state.set(event.entry.key, event.entry.value)
    else state.delete(event.key)
  }
  return state
}

async function stateOf (store: Store, prefix: string): Promise<Map<string, string>> {
  return new Map((await store.list(prefix)).entries.map(entry => [entry.key, entry.value]))
}

/** Waits until the store's revision has grown. */
async function grow (store: Store, by: number): Promise<void> {
  const revisionNow = async (): Promise<number> => (await store.list('/nothing/')).revision
  const goal = await revisionNow() + by
  while (await revisionNow() < goal);
}

t.test('under load every event is told once and in order, however often etcd is killed or restarted', async t => {
  const etcd = await startEtcd(t)
  const writer = await openStore(t, etcd.url)
  const watcher = await openStore(t, etcd.url)
  const { revision } = await watcher.list('/load/')
  const watch = recordWatch(watcher, '/load/', { fromRevision: revision + 1 })
  const stopLoad = startWriteLoad(writer, '/load/')
  t.teardown(stopLoad)
  for (const end of ['kill', 'stop', 'kill'] as const) {
    await grow(writer, 300)
    await etcd[end]()
    await etcd.restart()
  }
  await grow(writer, 300)
  await stopLoad()
  const last = await writer.put('/load/last', 'x')
  await watch.untilRevision('/load/last', last.revision)
  const truth = await readEtcdHistory(etcd, '/load/', revision + 1, last.revision)
  t.ok(truth.length > 1000, `${truth.length} events`)
  t.strictSame(watch.events, truth)
  t.same(watch.batches.map(batch => batch.revision), watch.batches.map(batch => Math.max(...batch.events.map(revisionOf))))
  t.ok(watch.connections.length >= 6, 'each loss and each return was told')
  t.same(watch.connections, watch.connections.map((_, index) => index % 2 === 1))
})

t.test('a cut wire loses nothing', async t => {
  const { proxy, watcher, writer, etcd } = await startWorld(t)
  const { revision } = await watcher.list('/cut/')
  const watch = recordWatch(watcher, '/cut/', { fromRevision: revision + 1 })
  const stopLoad = startWriteLoad(writer, '/cut/')
  t.teardown(stopLoad)
  for (let round = 0; round < 3; round++) {
    await grow(writer, 400)
    proxy.cut()
    await watch.until(() => watch.connections.at(-1) === false)
    await grow(writer, 1500) // more than etcd sends in one go when a watcher catches up
    proxy.mend()
    await watch.until(() => watch.connections.at(-1) === true)
  }
  await stopLoad()
  const last = await writer.put('/cut/last', 'x')
  await watch.untilRevision('/cut/last', last.revision)
  t.strictSame(watch.events, await readEtcdHistory(etcd, '/cut/', revision + 1, last.revision))
})

t.test('after a compaction while disconnected the difference is told, and nothing twice', async t => {
  const { proxy, watcher, writer, etcd } = await startWorld(t)
  for (let key = 0; key < 60; key++) await writer.put(`/comp/${key}`, 'before')
  const { entries, revision } = await watcher.list('/comp/')
  const known = new Map(entries.map(entry => [entry.key, entry.modRevision]))
  const watch = recordWatch(watcher, '/comp/', { fromRevision: revision + 1, known })
  const stopLoad = startWriteLoad(writer, '/comp/')
  t.teardown(stopLoad)
  for (let round = 0; round < 3; round++) {
    await grow(writer, 200)
    proxy.cut()
    await watch.until(() => watch.connections.at(-1) === false)
    await grow(writer, 500)
    await etcd.compact()
    proxy.mend()
    await watch.until(() => watch.connections.at(-1) === true)
  }
  await stopLoad()
  const last = await writer.put('/comp/last', 'x')
  await watch.untilRevision('/comp/last', last.revision)
  const before = entries.map((entry): StoreEvent => ({ kind: 'put', entry }))
  t.same(stateAfter([...before, ...watch.events]), await stateOf(writer, '/comp/'))
  const lastRevisions = new Map(known)
  for (const event of watch.events) {
    t.ok(revisionOf(event) > (lastRevisions.get(keyOf(event)) ?? 0), 'each event of a key is newer than the one before', { event })
    lastRevisions.set(keyOf(event), revisionOf(event))
  }
})

t.test('a compaction of what is known already tells nothing', async t => {
  const { proxy, watcher, writer, etcd } = await startWorld(t)
  const { revision } = await writer.put('/idle/1', 'x')
  const watch = recordWatch(watcher, '/idle/', { fromRevision: revision + 1, known: new Map([['/idle/1', revision]]) })
  proxy.cut()
  await watch.until(() => watch.connections.at(-1) === false)
  for (let write = 0; write < 10; write++) await writer.put('/elsewhere', 'x')
  await etcd.compact()
  proxy.mend()
  await watch.until(() => watch.connections.at(-1) === true)
  const last = await writer.put('/idle/2', 'x')
  await watch.untilRevision('/idle/2', last.revision)
  t.same(watch.events.map(brief), ['put /idle/2 x'])
})

t.test('a store restored from a backup is compared with what was told', async t => {
  const { proxy, watcher, writer, etcd } = await startWorld(t)
  const { revision } = await watcher.list('/back/')
  const watch = recordWatch(watcher, '/back/', { fromRevision: revision + 1 })
  await writer.put('/back/same', 'old')
  await writer.put('/back/changed', 'old')
  await writer.put('/back/deleted', 'old')
  const snapshot = await etcd.snapshot()
  await writer.put('/back/changed', 'new')
  await writer.delete('/back/deleted')
  const last = await writer.put('/back/added', 'new')
  await watch.untilRevision('/back/added', last.revision)
  const told = watch.events.length

  t.test('when its revision went back', async t => {
    await etcd.restore(snapshot)
    await watch.until(() => watch.events.length >= told + 3)
    t.same(watch.events.slice(told).map(brief), ['put /back/changed old', 'put /back/deleted old', 'delete /back/added'])
  })

  t.test('and also when its revision has overtaken ours since', async t => {
    await writer.put('/back/changed', 'newer')
    const seen = await writer.put('/back/seen', 'x')
    await watch.untilRevision('/back/seen', seen.revision)
    const told = watch.events.length
    proxy.cut()
    await watch.until(() => watch.connections.at(-1) === false)
    await etcd.restore(snapshot)
    const other = await openStore(t, etcd.url)
    for (let write = 0; write < 20; write++) await other.put('/back/other', String(write))
    t.ok((await other.list('/back/')).revision > seen.revision)
    proxy.mend()
    await watch.until(() => watch.events.length >= told + 3)
    t.same(watch.events.slice(told).map(brief), ['put /back/changed old', 'put /back/other 19', 'delete /back/seen'])
    const after = await other.put('/back/after', 'x')
    await watch.untilRevision('/back/after', after.revision)
  })
})

t.test('a stream that falls silent is noticed and taken up anew', async t => {
  const { proxy, watcher, writer } = await startWorld(t, 400)
  const { revision } = await writer.put('/silent/1', 'x')
  const watch = recordWatch(watcher, '/silent/', { fromRevision: revision })
  await watch.untilRevision('/silent/1', revision)
  proxy.freeze()
  const last = await writer.put('/silent/2', 'x')
  await watch.untilRevision('/silent/2', last.revision)
  t.same(watch.events.map(brief), ['put /silent/1 x', 'put /silent/2 x'])
  t.same(watch.connections, [false, true])
})

t.test('a stream on which nothing happens stays, because etcd gives signs of life', async t => {
  const { watcher, writer } = await startWorld(t, 400)
  const { revision } = await writer.put('/quiet/1', 'x')
  const watch = recordWatch(watcher, '/quiet/', { fromRevision: revision + 1 })
  // three times the silence that would end it, measured by the life of a lease
  const ended = recordWatch(writer, '/clock/', { fromRevision: revision + 1 })
  await writer.put('/clock/1', 'x', { ttlSeconds: 1 })
  await ended.until(() => ended.events.length === 2)
  const last = await writer.put('/quiet/2', 'x')
  await watch.untilRevision('/quiet/2', last.revision)
  t.same(watch.connections, [])
})

t.test('a transaction too large for one message arrives as one batch', async t => {
  const { watcher, writer } = await startWorld(t)
  const keys = Array.from({ length: 2500 }, (_, index) => `/big/${String(index).padStart(1000, '0')}`)
  await Promise.all(keys.map(key => writer.put(key, 'x')))
  const { revision } = await writer.list('/big/0')
  const watch = recordWatch(watcher, '/big/', { fromRevision: revision + 1 })
  await writer.deletePrefix('/big/')
  await watch.until(() => watch.events.length >= keys.length)
  t.equal(watch.batches.length, 1)
  t.same(watch.events.map(keyOf), keys)
})

t.test('a watch that is closed while etcd is away ends', async t => {
  const { etcd, watcher } = await startWorld(t)
  const watch = recordWatch(watcher, '/away/', { fromRevision: 1 })
  await etcd.stop()
  await watch.until(() => watch.connections.at(-1) === false)
  await watch.close()
  t.same(watch.connections, [false])
})
