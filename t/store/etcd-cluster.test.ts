import { createEtcdStore, openEtcdStore, type RemoteStore } from '@clinch/store'
import t, { type Test } from 'tap'
import { startEtcd, startEtcdCluster, type Etcd } from '../support/etcd.ts'
import { brief, keyOf, recordWatch } from './watch-recorder.ts'

const noLeader = { code: 'STORE_ERR_UNAVAILABLE', message: /^has no healthy etcd endpoint available; .*etcdserver: no leader/ }

async function openStore (t: Test, hosts: readonly string[], timeoutMs = 10_000): Promise<RemoteStore> {
  const store = await openEtcdStore({ hosts, timeoutMs, watchTimeoutMs: 1000, unhealthyMs: 2000 })
  t.teardown(async () => await store.close())
  return store
}

t.test('a cluster of three', async t => {
  const cluster = await startEtcdCluster(t)
  const store = await openStore(t, cluster.urls)
  const { revision } = await store.put('/a/0', 'x')
  const watch = recordWatch(store, '/a/', { fromRevision: revision })

  await t.test('its leader is killed: what is written after that is written, and told', async t => {
    const leader = await cluster.leader()
    await leader.kill()
    // those that still take the dead one for their leader answer for seconds with nothing: they are not asked
    await cluster.leader()
    for (let count = 1; count <= 5; count++) {
      const { revision } = await store.put('/a/killed', String(count))
      await watch.untilRevision('/a/killed', revision)
    }
    t.equal(watch.events.filter(event => keyOf(event) === '/a/killed').length, 5)
    await leader.restart()
  })

  await t.test('one member hangs: reads go on, and whoever watched it watches another', async t => {
    for (const member of cluster.members) {
      await cluster.leader()
      await member.hang()
      const writer = await openStore(t, cluster.urls.filter(url => url !== member.url))
      await cluster.leader()
      const last = await writer.put('/a/hangs', member.url)
      await watch.untilRevision('/a/hangs', last.revision)
      t.equal((await store.get('/a/hangs'))?.value, member.url)
      member.wake()
    }
  })

  await t.test('the quorum is lost: everything is refused soon and says why; nothing is missed when it is back', async t => {
    const [one, other] = await cluster.followers() as [Etcd, Etcd]
    await Promise.all([one.kill(), other.kill()])
    await watch.until(() => watch.connections.at(-1) === false)
    await cluster.leaderless()
    const startMs = performance.now()
    await Promise.all([
      t.rejects(store.get('/a/0'), noLeader),
      t.rejects(store.list('/a/'), noLeader),
      t.rejects(store.put('/a/lost', 'x'), noLeader),
      t.rejects(store.put('/a/lost', 'x', { ttlSeconds: 10 }), noLeader),
      t.rejects(store.compareAndSwap('/a/lost', 0, 'x'), noLeader),
      t.rejects(store.delete('/a/0'), noLeader),
      t.rejects(store.check(), noLeader)
    ])
    const tookMs = performance.now() - startMs
    t.ok(tookMs < 6000, `${Math.round(tookMs)} ms`)

    await Promise.all([one.restart(), other.restart()])
    const writer = await openStore(t, cluster.urls)
    t.equal(await writer.get('/a/lost'), undefined, 'what was refused was not done')
    const told = watch.events.length
    await writer.put('/a/back', '1')
    const last = await writer.put('/a/back', '2')
    await watch.untilRevision('/a/back', last.revision)
    t.same(watch.events.slice(told).map(brief), ['put /a/back 1', 'put /a/back 2'])
  })
})

t.test('a store may be made while etcd is away, and a watch on it begins with the difference to what was kept', async t => {
  const etcd = await startEtcd(t)
  const before = await openStore(t, [etcd.url])
  for (const key of ['changed', 'deleted', 'same']) await before.put(`/a/${key}`, 'kept')
  const kept = await before.list('/a/')
  await before.put('/a/changed', 'new')
  await before.delete('/a/deleted')
  await before.put('/a/added', 'new')
  await etcd.compact()
  await etcd.stop()

  const store = await createEtcdStore({ hosts: [etcd.url], timeoutMs: 5000 })
  t.teardown(async () => await store.close())
  await t.rejects(store.check(), { code: 'STORE_ERR_UNAVAILABLE', message: `${etcd.url}: connection refused` })
  const told: Array<string | boolean> = []
  const back = Promise.withResolvers<void>()
  store.watch('/a/', {
    fromRevision: kept.revision + 1,
    known: new Map(kept.entries.map(entry => [entry.key, entry.modRevision])),
    listFirst: true,
    onBatch: ({ events }) => told.push(...events.map(brief)),
    onConnected: connected => {
      told.push(connected)
      back.resolve()
    }
  })
  await etcd.restart()
  await back.promise
  t.same(told, ['put /a/changed new', 'put /a/added new', 'delete /a/deleted', true])
  await store.check()
})
