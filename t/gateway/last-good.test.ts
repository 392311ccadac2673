import { join } from 'node:path'
import { StoreCopy, StoreError, type CopiedList, type ListResult, type StoreBatch, type StoredEntry } from '@clinch/store'
import t, { type Test } from 'tap'
import { FirstConfiguration, type FirstConfigurationOptions } from '../../packages/gateway/src/last-good/first-configuration.ts'
import { LastGoodFile } from '../../packages/gateway/src/last-good/last-good-file.ts'
import { LastGoodKeeper } from '../../packages/gateway/src/last-good/last-good-keeper.ts'
import { Standing } from '../../packages/gateway/src/last-good/standing.ts'
import { healthOf } from '../../packages/gateway/src/control/health.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const entry = (key: string, modRevision = 7): StoredEntry => ({ key: `/apisix/${key}`, value: '{}', createRevision: 3, modRevision })
const listed: ListResult = { entries: [entry('routes/1')], revision: 9 }
const kept: CopiedList = { entries: [entry('routes/2')], revision: 5, asOfMs: 1000 }
const away = () => new StoreError('STORE_ERR_UNAVAILABLE', { detail: 'http://etcd: connection refused' })

/** A store that answers so often with a failure, and then with `listed`. */
function begin (failures: readonly Error[], more: Partial<FirstConfigurationOptions> = {}) {
  const recorder = recordLog()
  const waits: number[] = []
  const left = [...failures]
  const first = new FirstConfiguration({
    store: {
      async check () {
        const failure = left.shift()
        if (failure !== undefined) throw failure
      },
      list: async () => listed
    },
    prefix: '/apisix',
    readKept: async () => undefined,
    tries: Infinity,
    log: recorder.log,
    signal: new AbortController().signal,
    wait: async ms => { waits.push(ms) },
    ...more
  })
  return { first, waits, recorder }
}

t.test('what the store has comes first; what was kept is not even looked at', async t => {
  const { first, recorder } = begin([], { readKept: async () => { throw new Error('looked at') } })
  t.same(await first.read(), listed)
  t.same(recorder.lines, [])
})

t.test('while the store is away the machine begins with what was kept, at once', async t => {
  const { first, waits, recorder } = begin([away()], { readKept: async () => kept })
  t.same(await first.read(), { entries: kept.entries, revision: 5, fromDiskAsOfMs: 1000 })
  t.same(waits, [])
  t.match(recorder.lines, [{ reason: 'http://etcd: connection refused', revision: 5, entries: 1, asOf: '1970-01-01T00:00:01.000Z', msg: 'the store is away: serving the last good configuration from disk' }])
})

t.test('with nothing kept it waits longer and longer, says so once for each reason, and goes on by itself', async t => {
  const noLeader = new StoreError('STORE_ERR_UNAVAILABLE', { detail: 'etcdserver: no leader' })
  let looked = 0
  const seen: Array<string | undefined> = []
  const waits: number[] = []
  const { first, recorder } = begin([away(), away(), away(), noLeader, noLeader], {
    readKept: async () => { looked++; return undefined },
    wait: async ms => {
      waits.push(ms)
      seen.push(first.waitingFor)
    }
  })
  t.equal(first.waitingFor, undefined)
  t.same(await first.read(), listed)
  t.equal(looked, 1)
  t.same(waits, [1000, 2000, 4000, 5000, 5000])
  t.same([seen[0], seen[4], first.waitingFor], ['waiting for the configuration: http://etcd: connection refused', 'waiting for the configuration: etcdserver: no leader', undefined])
  const waiting = 'the store is away and nothing of the configuration is on disk: waiting for the store, no traffic is taken'
  t.match(recorder.lines, [{ reason: /refused/, msg: waiting }, { reason: /no leader/, msg: waiting }, { msg: 'the store is there' }])
  t.equal(recorder.lines.length, 3)
})

t.test('it is given up after as many tries as were asked for, when the store refuses, and when it is told to end', async t => {
  const { first, waits } = begin([away(), away(), away()], { tries: 2 })
  await t.rejects(first.read(), { code: 'STORE_ERR_UNAVAILABLE' })
  t.same(waits, [1000])

  const refused = begin([new StoreError('STORE_ERR_UNAUTHORIZED')], { readKept: async () => kept })
  await t.rejects(refused.first.read(), { code: 'STORE_ERR_UNAUTHORIZED' }, 'a store that refuses is no store that is away')

  const stopping = new AbortController()
  const ended = begin([away(), away()], { signal: stopping.signal, wait: async () => stopping.abort() })
  await t.rejects(ended.first.read(), { code: 'STORE_ERR_CLOSED' })
})

const put = (key: string, modRevision: number): StoreBatch => ({ revision: modRevision, events: [{ kind: 'put', entry: entry(key, modRevision) }] })

/** A configuration that changes and is kept in `file`. */
function keep (t: Test, file: Pick<LastGoodFile, 'save'>) {
  const recorder = recordLog()
  const entries = new Map([['/apisix/routes/1', entry('routes/1')]])
  let revision = 9
  const configuration = {
    get revision () { return revision },
    list: () => ({ entries: [...entries.values()], revision }),
    keeps: (key: string) => key.startsWith('/apisix/routes/')
  }
  const keeper = new LastGoodKeeper({ file, configuration, standing: { asOfMs: 5000 }, log: recorder.log, gatherMs: 1, confirmMs: 10 })
  t.teardown(async () => await keeper.close())
  return {
    keeper,
    recorder,
    take (batch: StoreBatch) {
      for (const event of batch.events) if (event.kind === 'put') entries.set(event.entry.key, event.entry)
      revision = batch.revision
      keeper.take(batch)
    }
  }
}

const origin = { hosts: ['http://etcd'], prefix: '/apisix' }

function openFile (t: Test, path: string) {
  const recorder = recordLog()
  const file = LastGoodFile.open({ path, keyring: null, origin }, recorder.log)
  if (file === undefined) throw new Error('there is no file')
  t.teardown(async () => await file.close())
  return { file, recorder, keys: async () => (await file.read())?.entries.map(({ key, modRevision }) => `${key} ${modRevision}`) }
}

t.test('what is in force is kept, with what changes of it, and nothing else', async t => {
  const { file, keys } = openFile(t, join(t.testdir(), 'data', 'last-good.db'))
  const { keeper, take } = keep(t, file)
  keeper.start(false)
  await until(async () => (await keys())?.join() === '/apisix/routes/1 7')
  take(put('routes/2', 10))
  take(put('clinch/ocsp/staples/x', 11))
  take(put('routes/2', 12))
  await until(async () => (await file.read())?.revision === 12)
  t.same(await keys(), ['/apisix/routes/1 7', '/apisix/routes/2 12'])
  t.equal((await file.read())?.asOfMs, 5000)
  take({ revision: 13, events: [{ kind: 'delete', key: '/apisix/routes/1', modRevision: 13 }] })
  await keeper.close()
  t.same(await keys(), ['/apisix/routes/2 12'], 'closing leaves nothing behind')
})

t.test('what was read from the file is not written again: it is noted that nothing has changed', async t => {
  const saved: unknown[] = []
  const { keeper, take } = keep(t, { save: async changes => { saved.push(changes) } })
  keeper.start(true)
  await until(() => saved.length >= 3)
  t.ok(saved.every(changes => changes instanceof Map && changes.size === 0))
  take(put('routes/2', 10))
  await until(() => saved.some(changes => changes instanceof Map && changes.has('/apisix/routes/2')))
  t.notOk(saved.includes('all'))
})

t.test('a disk that fails is named once, and gets all of it when it takes something again', async t => {
  const saved: unknown[] = []
  let isFull = true
  const { keeper, take, recorder } = keep(t, {
    async save (changes) {
      saved.push(changes)
      if (isFull) throw new StoreError('STORE_ERR_UNAVAILABLE', { detail: 'database or disk is full' })
    }
  })
  keeper.start(true)
  await until(() => saved.length >= 3)
  take(put('routes/2', 10))
  isFull = false
  await until(() => recorder.lines.length >= 2)
  t.match(recorder.lines, [
    { level: 40, err: { message: 'database or disk is full' }, msg: 'the last good configuration could not be written: a start while the store is away would find an older one' },
    { level: 30, msg: 'the last good configuration is kept on disk again' }
  ])
  t.ok(saved.slice(1, 3).every(changes => changes === 'all'))
  const tried = saved.length
  await until(() => saved.length > tried)
  t.same(saved.at(-1), new Map())
})

t.test('a file that is spoilt while the gateway runs is made anew', async t => {
  const path = join(t.testdir(), 'last-good.db')
  const unusable = new StoreError('STORE_ERR_COPY_UNUSABLE')
  const { file, keys } = openFile(t, path)
  await t.rejects(file.save('all', { revision: 1, list: () => { throw unusable } }, 1), unusable)
  await file.save(new Map(), { revision: 9, list: () => listed }, 1)
  t.same(await keys(), ['/apisix/routes/1 7'], 'all of it, whatever was asked for')
})

t.test('a file that cannot be used is named, and made anew when there is something to keep', async t => {
  const path = join(t.testdir({ 'last-good.db': 'spoilt'.repeat(10_000) }), 'last-good.db')
  const { file, recorder, keys } = openFile(t, path)
  t.match(recorder.lines, [{ level: 50, path, err: { code: 'STORE_ERR_COPY_UNUSABLE' }, msg: 'the last good configuration on disk cannot be used' }])
  t.equal(await keys(), undefined)
  await file.save('all', { revision: 9, list: () => listed }, 1)
  t.same(await keys(), ['/apisix/routes/1 7'])
  t.equal(recorder.lines.length, 1)
})

t.test('a file of another keyring is named when it is asked for', async t => {
  const path = join(t.testdir(), 'last-good.db')
  const before = new StoreCopy({ path, keyring: '0123456789abcdef', origin })
  await before.replace(listed, 1)
  await before.close()
  const { recorder, keys } = openFile(t, path)
  t.equal(await keys(), undefined)
  t.match(recorder.lines, [{ level: 50, path, err: { code: 'STORE_ERR_COPY_UNUSABLE' } }])
})

t.test('a file that belongs to another process is left alone, and nothing is kept', async t => {
  const path = join(t.testdir(), 'last-good.db')
  openFile(t, path)
  const recorder = recordLog()
  t.equal(LastGoodFile.open({ path, keyring: null, origin }, recorder.log), undefined)
  t.match(recorder.lines, [{ level: 50, path, err: { code: 'STORE_ERR_REFUSED' }, msg: /^the last good configuration is not kept on disk/ }])
})

t.test('the age of a configuration counts from the moment when its store was lost', t => {
  let nowMs = 10_000
  const now = () => nowMs
  const live = new Standing({ now })
  t.match(live, { source: 'store', isConnected: true, ageMs: 0, asOfMs: 10_000 })
  live.setConnected(false)
  nowMs += 3000
  live.setConnected(false)
  nowMs += 2000
  t.match(live, { source: 'store', isConnected: false, ageMs: 5000, asOfMs: 10_000 })
  live.setConnected(true)
  t.match(live, { isConnected: true, ageMs: 0 })

  const fromDisk = new Standing({ now, fromDiskAsOfMs: 1000 })
  t.match(fromDisk, { source: 'disk', isConnected: false, ageMs: 14_000, asOfMs: 1000 })
  nowMs = 0
  t.equal(fromDisk.ageMs, 0, 'a clock that was set back makes nothing younger than new')
  fromDisk.setConnected(true)
  t.match(fromDisk, { source: 'store', isConnected: true })
  t.end()
})

t.test('a machine whose store is away is degraded, and says for how long', t => {
  const look = (configuration: Partial<Parameters<typeof healthOf>[0]['configuration']>) => healthOf({
    workers: [{ ready: true }], staples: [], configuration: { source: 'store', connected: true, revision: 9, asOfMs: 0, ageMs: 0, ...configuration }
  })
  const shown = { source: 'store', connected: true, revision: 9, as_of: '1970-01-01T00:00:00.000Z', age: 0 }
  t.same(look({}), { status: 'ok', workers: { ready: 1, total: 1 }, configuration: shown, reasons: [] })
  t.same(look({ connected: false, ageMs: 61_400 }), {
    status: 'degraded', workers: { ready: 1, total: 1 }, configuration: { ...shown, connected: false, age: 61 }, reasons: [{ reason: 'the store is away: changes are not heard of' }]
  })
  t.match(look({ source: 'disk', connected: false }).reasons, [{ reason: 'the store is away since the start: what is served was read from disk' }])
  t.end()
})
