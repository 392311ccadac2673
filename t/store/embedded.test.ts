import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createInterface } from 'node:readline'
import t from 'tap'
import { openEmbeddedStore } from '@clinch/store'
import { tempFolder } from './temp-folder.ts'
import { brief, recordWatch } from './watch-recorder.ts'

const child = join(import.meta.dirname, 'embedded-child.ts')

interface Acked {
  readonly key: string
  readonly value: string
  readonly revision: number
}

/** Lets another process write, kills it with -9 after this many answers, and tells what it was answered. */
async function writeUntilKilled (path: string, answers: number): Promise<Acked[]> {
  const writer = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(writer, 'exit')
  const acked: Acked[] = []
  for await (const line of createInterface(writer.stdout)) {
    const [caller, serial = '', revision] = line.split(' ')
    acked.push({ key: `/acked/${caller}/${serial}`, value: serial, revision: Number(revision) })
    if (acked.length === answers) writer.kill('SIGKILL')
  }
  await exited
  return acked
}

t.test('kill -9 loses no acknowledged write and leaves nothing locked', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  let newest = 0
  for (const answers of [1, 100, 1000]) {
    const acked = await writeUntilKilled(path, answers)
    const store = await openEmbeddedStore({ path })
    for (const { key, value, revision } of acked) {
      const entry = await store.get(key)
      if (entry?.value !== value || entry.modRevision !== revision) t.fail('an acknowledged write is gone', { key, revision, entry })
    }
    const { revision } = await store.list('')
    t.ok(Math.min(...acked.map(write => write.revision)) > newest, 'revisions go on after the crash')
    t.ok(revision >= Math.max(...acked.map(write => write.revision)))
    newest = revision
    await store.deletePrefix('/acked/')
    newest += 1
    await store.close()
  }
})

t.test('revisions and history go on after a restart', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  const first = await openEmbeddedStore({ path })
  const { revision } = await first.put('/a/1', 'x')
  await first.put('/a/2', 'y')
  await first.deletePrefix('/a/')
  await first.close()
  const second = await openEmbeddedStore({ path })
  t.teardown(() => second.close())
  const watch = recordWatch(second, '/a/', { fromRevision: revision })
  const last = await second.put('/a/3', 'z')
  t.equal(last.revision, revision + 3)
  await watch.untilRevision('/a/3', last.revision)
  t.same(watch.events.map(brief), ['put /a/1 x', 'put /a/2 y', 'delete /a/1', 'delete /a/2', 'put /a/3 z'])
})

t.test('what was asked before close is written and answered', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  const store = await openEmbeddedStore({ path })
  const puts = Array.from({ length: 1500 }, (_, index) => store.put(`/late/${index}`, 'x'))
  await store.close()
  await Promise.all(puts)
  const again = await openEmbeddedStore({ path })
  t.equal((await again.list('/late/')).entries.length, 1500)
  await again.close()
})

t.test('an entry ends by the clock that was handed in, also while nobody had the store open', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  let nowMs = 1_000_000
  const now = (): number => nowMs
  const store = await openEmbeddedStore({ path, now })
  await store.put('/ttl/1', 'x', { ttlSeconds: 3600 })
  const { revision } = await store.put('/ttl/2', 'x', { ttlSeconds: 7200 })
  const watch = recordWatch(store, '/ttl/', { fromRevision: revision + 1 })
  nowMs += 3_599_999
  await store.put('/other', 'x')
  t.same(watch.events, [])
  nowMs += 1
  await store.put('/other', 'x')
  await watch.until(() => watch.events.length === 1)
  t.same(watch.events.map(brief), ['delete /ttl/1'])
  await store.close()
  nowMs += 3_600_000
  const again = await openEmbeddedStore({ path, now })
  t.equal(await again.get('/ttl/2'), undefined)
  const later = recordWatch(again, '/ttl/', { fromRevision: revision + 1 })
  await later.until(() => later.events.length === 2)
  t.same(later.events.map(brief), ['delete /ttl/1', 'delete /ttl/2'])
  await again.close()
})

t.test('large values shorten the history, so that the file stays bounded', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  const store = await openEmbeddedStore({ path })
  t.teardown(() => store.close())
  const value = 'x'.repeat(1024 * 1024)
  const first = await store.put('/large/1', value)
  for (let write = 0; write < 130; write++) await store.put('/large/1', value)
  const { revision } = await store.put('/large/2', 'x')
  const watch = recordWatch(store, '/large/', { fromRevision: first.revision })
  await watch.untilRevision('/large/2', revision)
  t.same(watch.events.map(event => event.kind === 'put' && event.entry.key), ['/large/1', '/large/2'], 'the present state, not 131 writes')
  t.ok(statSync(path).size < 128 * 1024 * 1024)
})

t.test('a second opener is refused and told which file, in this process and in another', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  const store = await openEmbeddedStore({ path })
  t.teardown(() => store.close())
  const refused = { code: 'STORE_ERR_REFUSED', message: `${path}: in use by another process` }
  await t.rejects(openEmbeddedStore({ path }), refused)
  const other = spawn(process.execPath, [child, path, 'open'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(other.stdout), 'line')
  t.equal(line, `StoreError: ${refused.message}`)
  await store.put('/still/mine', 'x')
})

t.test('the files are for their owner alone, also if they were not before', async t => {
  const folder = join(tempFolder(t), 'made', 'here')
  const path = join(folder, 'clinch.db')
  const modes = (): number[] => readdirSync(folder).map(name => statSync(join(folder, name)).mode & 0o777)
  const store = await openEmbeddedStore({ path })
  await store.put('/a', 'x')
  t.same(modes(), [0o600, 0o600])
  await store.close()
  const wide = join(tempFolder(t), 'wide.db')
  writeFileSync(wide, '', { mode: 0o644 })
  const again = await openEmbeddedStore({ path: wide })
  t.equal(statSync(wide).mode & 0o777, 0o600)
  await again.close()
})

t.test('a file that is no database of ours is refused by name and left alone', async t => {
  const folder = tempFolder(t)
  const garbage = join(folder, 'garbage.db')
  writeFileSync(garbage, 'no database at all, but long enough to be taken for one'.repeat(100))
  const before = readFileSync(garbage)
  await t.rejects(openEmbeddedStore({ path: garbage }), { code: 'STORE_ERR_REFUSED', message: `${garbage}: damaged, or not a database (file is not a database)` })
  t.same(readFileSync(garbage), before)

  const foreign = join(folder, 'foreign.db')
  const database = new DatabaseSync(foreign)
  database.exec('CREATE TABLE theirs (a)')
  database.close()
  await t.rejects(openEmbeddedStore({ path: foreign }), { code: 'STORE_ERR_REFUSED', message: `${foreign}: the database of another program` })

  await t.rejects(openEmbeddedStore({ path: folder }), { code: 'STORE_ERR_REFUSED', message: `${folder}: not a file` })
  await t.rejects(openEmbeddedStore({ path: join(garbage, 'below.db') }), { code: 'STORE_ERR_REFUSED', message: /below\.db: / })
})

t.test('a file of a later format is refused', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  await (await openEmbeddedStore({ path })).close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 2')
  database.close()
  await t.rejects(openEmbeddedStore({ path }), { code: 'STORE_ERR_REFUSED', message: `${path}: written by another version (format 2)` })
})

t.test('a database that was cut off is refused by name', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  const store = await openEmbeddedStore({ path })
  await Promise.all(Array.from({ length: 500 }, (_, index) => store.put(`/a/${index}`, 'x'.repeat(1000))))
  await store.close()
  truncateSync(path, 8192)
  const failure = await openEmbeddedStore({ path }).then(async store => {
    try { return await store.list('') } finally { await store.close() }
  }).catch((error: unknown) => error)
  t.match(failure, { name: 'StoreError', code: 'STORE_ERR_REFUSED', message: `${path}: damaged` })
})

t.test('a write that the disk refuses fails as a whole, and those after it succeed', async t => {
  const path = join(tempFolder(t), 'clinch.db')
  await (await openEmbeddedStore({ path })).close()
  const database = new DatabaseSync(path)
  database.exec("CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.key = CAST('/full' AS BLOB) BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
  database.close()
  const store = await openEmbeddedStore({ path })
  t.teardown(() => store.close())
  const { revision } = await store.list('')
  const watch = recordWatch(store, '/', { fromRevision: revision + 1 })
  const together = await Promise.allSettled([store.put('/beside', 'x'), store.put('/full', 'x')])
  t.match(together, [{ status: 'rejected' }, { status: 'rejected', reason: { code: 'STORE_ERR_UNAVAILABLE', message: `${path}: database or disk is full` } }])
  t.equal(await store.get('/beside'), undefined)
  t.equal((await store.put('/after', 'x')).revision, revision + 1)
  await watch.untilRevision('/after', revision + 1)
  t.same(watch.events.map(brief), ['put /after x'])
})
