import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { generateId, openEmbeddedStore, openEtcdStore, placeholders, writePlaceholders } from '@clinch/store'
import type { Store } from '@clinch/store'
import { startEtcd } from '../support/etcd.ts'
import { tempFolder } from './temp-folder.ts'
import { brief, recordWatch } from './watch-recorder.ts'

interface Subject {
  readonly store: Store
  /** Makes the store forget its history up to now. */
  compact (): Promise<void>
}

async function embeddedSubject (t: Test): Promise<Subject> {
  const historyLimit = 20
  const store = await openEmbeddedStore({ path: join(tempFolder(t), 'clinch.db'), historyLimit })
  t.teardown(() => store.close())
  const compact = async (): Promise<void> => {
    for (let write = 0; write < 2 * historyLimit; write++) await store.put('/elsewhere', String(write))
  }
  return { store, compact }
}

async function etcdSubject (t: Test): Promise<Subject> {
  const etcd = await startEtcd(t)
  const store = await openEtcdStore({ hosts: [etcd.url], timeoutMs: 5000 })
  t.teardown(() => store.close())
  const compact = async (): Promise<void> => {
    await store.put('/elsewhere', 'x')
    await etcd.compact()
  }
  return { store, compact }
}

for (const start of [embeddedSubject, etcdSubject]) {
  t.test(start === embeddedSubject ? 'the embedded store' : 'the etcd store', async t => {
    const { store, compact } = await start(t)

    t.test('a key that was never written is undefined, not an error', async t => {
      t.equal(await store.get('/never/1'), undefined)
    })

    t.test('a put answers its revision and what was there before', async t => {
      const first = await store.put('/put/1', 'one')
      t.equal(first.previous, undefined)
      const second = await store.put('/put/1', 'two')
      t.ok(second.revision > first.revision)
      t.same(second.previous, { key: '/put/1', value: 'one', createRevision: first.revision, modRevision: first.revision })
      t.same(await store.get('/put/1'), { key: '/put/1', value: 'two', createRevision: first.revision, modRevision: second.revision })
    })

    t.test('any text comes back as it was written', async t => {
      for (const value of ['', 'init_dir', '{"a":"\\u0000"}', 'é\n漢字 😀', 'x'.repeat(1024 * 1024)]) {
        await store.put('/text/é漢', value)
        t.equal((await store.get('/text/é漢'))?.value, value)
      }
    })

    t.test('a list has every key of the prefix in byte order, and the revision it shows', async t => {
      for (const key of ['/list/b', '/list/10', '/list/2', '/list/', '/list/😀', '/list/\uff5e', '/list/a/b', '/listing', '/lis']) await store.put(key, key)
      const { revision } = await store.put('/list/B', '/list/B')
      const list = await store.list('/list/')
      t.same(list.entries.map(entry => entry.key), ['/list/', '/list/10', '/list/2', '/list/B', '/list/a/b', '/list/b', '/list/\uff5e', '/list/😀'])
      t.same(list.entries.map(entry => entry.value), list.entries.map(entry => entry.key))
      t.equal(list.revision, revision)
      t.same((await store.list('/list/nothing')).entries, [])
    })

    t.test('a list longer than a page is whole', async t => {
      const keys = Array.from({ length: 2500 }, (_, index) => `/long/${String(index).padStart(5, '0')}`)
      await Promise.all(keys.map(key => store.put(key, 'x')))
      t.same((await store.list('/long/')).entries.map(entry => entry.key), keys)
    })

    t.test('the empty prefix lists everything', async t => {
      await store.put('/any', 'x')
      t.ok((await store.list('')).entries.some(entry => entry.key === '/any'))
    })

    t.test('a delete answers what was deleted, and nothing the second time', async t => {
      const put = await store.put('/delete/1', 'x')
      const first = await store.delete('/delete/1')
      t.equal(first.previous?.value, 'x')
      t.equal(first.revision, put.revision + 1)
      t.equal(await store.get('/delete/1'), undefined)
      t.same(await store.delete('/delete/1'), { revision: first.revision, previous: undefined })
    })

    t.test('a key written again after its deletion is a new one', async t => {
      await store.put('/again/1', 'x')
      await store.delete('/again/1')
      const { revision, previous } = await store.put('/again/1', 'y')
      t.equal(previous, undefined)
      t.equal((await store.get('/again/1'))?.createRevision, revision)
    })

    t.test('deleting a prefix is one transaction and counts what it deleted', async t => {
      for (const key of ['/clear/1', '/clear/2', '/clear/2/x', '/clearing']) await store.put(key, 'x')
      const { revision } = await store.list('/clear/')
      const watch = recordWatch(store, '/clear', { fromRevision: revision + 1 })
      t.same(await store.deletePrefix('/clear/'), { revision: revision + 1, deleted: 3 })
      await watch.until(() => watch.events.length >= 3)
      t.same(watch.batches, [{
        revision: revision + 1,
        events: ['/clear/1', '/clear/2', '/clear/2/x'].map(key => ({ kind: 'delete', key, modRevision: revision + 1 }))
      }])
      t.same(await store.deletePrefix('/clear/'), { revision: revision + 1, deleted: 0 })
      await watch.close()
    })

    t.test('compare and swap writes only what has not changed since', async t => {
      const created = await store.compareAndSwap('/swap/1', 0, 'one')
      t.equal(created.kind, 'swapped')
      t.same(await store.compareAndSwap('/swap/1', 0, 'again'), { kind: 'changed' })
      const seen = await store.get('/swap/1')
      const swapped = await store.compareAndSwap('/swap/1', seen?.modRevision ?? -1, 'two')
      t.match(swapped, { kind: 'swapped', revision: Number })
      t.same(await store.compareAndSwap('/swap/1', seen?.modRevision ?? -1, 'three'), { kind: 'changed' })
      t.match(await store.get('/swap/1'), { value: 'two', createRevision: seen?.createRevision })
      await store.delete('/swap/1')
      t.same(await store.compareAndSwap('/swap/1', seen?.modRevision ?? -1, 'four'), { kind: 'changed' })
    })

    t.test('of many who swap at once exactly one wins, each round', async t => {
      let expected = 0
      for (let round = 0; round < 5; round++) {
        const outcomes = await Promise.all(Array.from({ length: 20 }, (_, caller) => store.compareAndSwap('/race', expected, `${round}/${caller}`)))
        const winners = outcomes.flatMap((outcome, caller) => outcome.kind === 'swapped' ? [{ caller, revision: outcome.revision }] : [])
        t.equal(winners.length, 1)
        t.match(await store.get('/race'), { value: `${round}/${winners[0]?.caller}`, modRevision: winners[0]?.revision })
        expected = winners[0]?.revision ?? -1
      }
    })

    t.test('writes at once each see the one before', async t => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => store.put('/chain', String(index))))
      const inOrder = answers.sort((one, other) => one.revision - other.revision)
      t.same(inOrder.slice(1).map(answer => answer.previous?.modRevision), inOrder.slice(0, -1).map(answer => answer.revision))
    })

    t.test('an entry with a ttl disappears with a delete event', async t => {
      const { revision } = await store.put('/ttl/1', 'x', { ttlSeconds: 1 })
      const watch = recordWatch(store, '/ttl/', { fromRevision: revision + 1 })
      await watch.until(() => watch.events.length > 0)
      t.same(watch.events.map(brief), ['delete /ttl/1'])
      t.equal(await store.get('/ttl/1'), undefined)
      await watch.close()
    })

    t.test('a later write without a ttl makes the entry permanent', async t => {
      const { revision } = await store.put('/kept/permanent', 'x', { ttlSeconds: 1 })
      const seen = await store.compareAndSwap('/kept/permanent', revision, 'y')
      await store.put('/kept/swapped', 'x')
      t.equal(seen.kind, 'swapped')
      const later = await store.put('/kept/later', 'x', { ttlSeconds: 2 })
      const watch = recordWatch(store, '/kept/', { fromRevision: later.revision + 1 })
      await watch.until(() => watch.events.length > 0)
      t.same(watch.events.map(brief), ['delete /kept/later'])
      t.equal((await store.get('/kept/permanent'))?.value, 'y')
      await watch.close()
    })

    t.test('what cannot be stored is refused', async t => {
      const refused = (message: string): { code: string, message: string } => ({ code: 'STORE_ERR_REFUSED', message })
      await t.rejects(store.put('', 'x'), refused('key is not provided'))
      await t.rejects(store.get(''), refused('key is not provided'))
      await t.rejects(store.delete(''), refused('key is not provided'))
      await t.rejects(store.put('/large', 'x'.repeat(2 * 1024 * 1024)), refused('request is too large'))
      await t.rejects(store.put('/ttl', 'x', { ttlSeconds: 1.5 }), refused('ttl must be integer'))
      await t.rejects(store.compareAndSwap('/ttl', 0, 'x', { ttlSeconds: 9e9 + 1 }), refused('too large lease TTL'))
    })

    t.test('a watch tells what happens under its prefix, in order, from its revision on', async t => {
      await store.put('/watch/before', 'x')
      const { revision } = await store.list('/watch/')
      const watch = recordWatch(store, '/watch/', { fromRevision: revision + 1 })
      await store.put('/watch/1', 'a')
      await store.put('/watching', 'not here')
      await store.put('/watch/1', 'b')
      await store.delete('/watch/1')
      const last = await store.put('/watch/2', 'c')
      await watch.untilRevision('/watch/2', last.revision)
      t.same(watch.events.map(brief), ['put /watch/1 a', 'put /watch/1 b', 'delete /watch/1', 'put /watch/2 c'])
      t.equal(watch.batches.at(-1)?.revision, last.revision)
      t.same(watch.events.at(-1), { kind: 'put', entry: await store.get('/watch/2') })
      await watch.close()
    })

    t.test('a watch that begins in the past is told the past first', async t => {
      const first = await store.put('/past/1', 'a')
      await store.put('/past/1', 'b')
      await store.delete('/past/1')
      const watch = recordWatch(store, '/past/', { fromRevision: first.revision })
      const last = await store.put('/past/2', 'c')
      await watch.untilRevision('/past/2', last.revision)
      t.same(watch.events.map(brief), ['put /past/1 a', 'put /past/1 b', 'delete /past/1', 'put /past/2 c'])
      await watch.close()
    })

    t.test('a watch that begins before a compaction is told the difference to what it knows', async t => {
      for (const key of ['/compacted/same', '/compacted/changed', '/compacted/gone']) await store.put(key, 'old')
      const { entries, revision } = await store.list('/compacted/')
      await store.put('/compacted/changed', 'new')
      await store.delete('/compacted/gone')
      await store.put('/compacted/added', 'new')
      await store.put('/compacted/fleeting', 'x')
      await store.delete('/compacted/fleeting')
      await compact()
      const known = new Map(entries.map(entry => [entry.key, entry.modRevision]))
      const watch = recordWatch(store, '/compacted/', { fromRevision: revision + 1, known })
      await watch.until(() => watch.events.length >= 3)
      const last = await store.put('/compacted/after', 'x')
      await watch.untilRevision('/compacted/after', last.revision)
      t.same(watch.events.map(brief), ['put /compacted/changed new', 'put /compacted/added new', 'delete /compacted/gone', 'put /compacted/after x'])
      await watch.close()
    })

    t.test('after a compaction a watch that knows nothing is told what is there since its revision', async t => {
      await store.put('/unknown/before', 'x')
      const { revision } = await store.put('/unknown/since', 'x')
      await compact()
      const watch = recordWatch(store, '/unknown/', { fromRevision: revision })
      await watch.untilRevision('/unknown/since', revision)
      t.same(watch.events.map(brief), ['put /unknown/since x'])
      await watch.close()
    })

    t.test('a watch ahead of the store was made for another history and is told the difference', async t => {
      const { revision } = await store.put('/restored/1', 'x')
      const known = new Map([['/restored/1', revision], ['/restored/lost', revision + 5]])
      const watch = recordWatch(store, '/restored/', { fromRevision: revision + 1000, known })
      await watch.until(() => watch.events.length > 0)
      t.same(watch.events, [{ kind: 'delete', key: '/restored/lost', modRevision: watch.batches[0]?.revision }])
      const last = await store.put('/restored/2', 'x')
      await watch.untilRevision('/restored/2', last.revision)
      t.same(watch.events.slice(1).map(brief), ['put /restored/2 x'])
      await watch.close()
    })

    t.test('a watch that was closed is told nothing more', async t => {
      const { revision } = await store.list('')
      const closed = recordWatch(store, '/closed/', { fromRevision: revision + 1 })
      const open = recordWatch(store, '/closed/', { fromRevision: revision + 1 })
      const first = await store.put('/closed/1', 'x')
      await closed.untilRevision('/closed/1', first.revision)
      await closed.close()
      await closed.close()
      const second = await store.put('/closed/2', 'x')
      await open.untilRevision('/closed/2', second.revision)
      t.same(closed.events.map(brief), ['put /closed/1 x'])
      await open.close()
    })

    t.test('the placeholders of all collections are written over whatever is there', async t => {
      await store.put('/apisix/routes/', 'x')
      await writePlaceholders(store, '/apisix')
      const { entries } = await store.list('/apisix/')
      t.same(entries.map(entry => entry.key), [...placeholders('/apisix')].sort())
      t.same(new Set(entries.map(entry => entry.value)), new Set(['init_dir']))
      t.equal(entries.length, 13)
    })

    t.test('generated ids have 20 digits, grow and differ', async t => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => generateId(store, '/ids')))
      t.equal(new Set(ids).size, 20)
      for (const id of ids) t.match(id, /^0{6}\d{14}$/)
      t.ok(await generateId(store, '/ids') > (ids.sort().at(-1) ?? ''))
      t.match(await store.get('/ids/gen_id'), { value: '1' })
    })

    t.test('a closed store refuses everything and may be closed again', async t => {
      const watch = recordWatch(store, '/end/', { fromRevision: 1 })
      await store.close()
      await store.close()
      await watch.close()
      const closed = { code: 'STORE_ERR_CLOSED' }
      await t.rejects(store.get('/end/1'), closed)
      await t.rejects(store.list('/end/'), closed)
      await t.rejects(store.put('/end/1', 'x'), closed)
      await t.rejects(store.delete('/end/1'), closed)
      await t.rejects(store.deletePrefix('/end/'), closed)
      await t.rejects(store.compareAndSwap('/end/1', 0, 'x'), closed)
      t.throws(() => store.watch('/end/', { fromRevision: 1, onBatch: () => {} }), closed)
    })
  })
}
