import { DocumentStore } from '@clinch/store'
import t from 'tap'
import { brief, recordWatch } from './watch-recorder.ts'

const settled = async (): Promise<void> => await new Promise(resolve => setImmediate(resolve))

t.test('the next document is told as one transaction, and only what differs', async t => {
  const store = new DocumentStore()
  t.teardown(() => store.close())
  const watch = recordWatch(store, '/', { fromRevision: 1 })
  store.replace([{ key: '/routes/1', value: 'a' }, { key: '/routes/2', value: 'b' }])
  store.replace([{ key: '/routes/1', value: 'a' }, { key: '/routes/3', value: 'c' }])
  store.replace([{ key: '/routes/1', value: 'A' }, { key: '/routes/3', value: 'c' }])
  store.replace([{ key: '/routes/3', value: 'c' }, { key: '/routes/1', value: 'A' }])
  await settled()
  t.same(watch.batches.map(batch => [batch.revision, ...batch.events.map(brief)]), [
    [1, 'put /routes/1 a', 'put /routes/2 b'],
    [2, 'put /routes/3 c', 'delete /routes/2'],
    [3, 'put /routes/1 A']
  ])
  t.same(await store.get('/routes/1'), { key: '/routes/1', value: 'A', createRevision: 1, modRevision: 3 })
  t.equal((await store.get('/routes/3'))?.modRevision, 2, 'what stays the same keeps its revision')
})

t.test('a list keeps the order of the document', async t => {
  const store = new DocumentStore()
  t.teardown(() => store.close())
  store.replace(['/routes/b', '/ssls/1', '/routes/a'].map(key => ({ key, value: key })))
  t.same((await store.list('/routes/')).entries.map(({ key }) => key), ['/routes/b', '/routes/a'])
  t.equal((await store.list('/')).entries.length, 3)
})

t.test('a watch that begins late is told the difference to what it knows', async t => {
  const store = new DocumentStore()
  t.teardown(() => store.close())
  store.replace([{ key: '/routes/1', value: 'a' }, { key: '/routes/2', value: 'b' }])
  store.replace([{ key: '/routes/1', value: 'a' }, { key: '/routes/3', value: 'c' }])
  const late = recordWatch(store, '/', { fromRevision: 2, known: new Map([['/routes/1', 1], ['/routes/2', 1]]) })
  const current = recordWatch(store, '/', { fromRevision: 3, known: new Map([['/routes/1', 1], ['/routes/3', 2]]) })
  await settled()
  t.same(late.events.map(brief), ['put /routes/3 c', 'delete /routes/2'])
  t.same(current.events, [])
  await late.close()
  store.replace([])
  await settled()
  t.same(late.events.length, 2, 'a closed watch is told nothing')
  t.same(current.events.map(brief), ['delete /routes/1', 'delete /routes/3'])
})

t.test('single keys are not written', async t => {
  const store = new DocumentStore()
  const writes = () => [store.put(), store.delete(), store.deletePrefix(), store.compareAndSwap()]
  for (const write of writes()) await t.rejects(write, { code: 'STORE_ERR_READ_ONLY' })
  await store.close()
  await store.close()
  for (const write of writes()) await t.rejects(write, { code: 'STORE_ERR_CLOSED' })
  await t.rejects(store.get('/routes/1'), { code: 'STORE_ERR_CLOSED' })
  await t.rejects(store.list('/'), { code: 'STORE_ERR_CLOSED' })
  t.throws(() => store.replace([]), { code: 'STORE_ERR_CLOSED' })
  t.throws(() => store.watch('/', { fromRevision: 1, onBatch: () => {} }), { code: 'STORE_ERR_CLOSED' })
})
