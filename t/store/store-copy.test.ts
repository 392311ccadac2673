import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openEmbeddedStore, StoreCopy, type StoreCopyOptions, type StoredEntry } from '@clinch/store'
import t, { type Test } from 'tap'
import { tempFolder } from './temp-folder.ts'

const one = '0123456789abcdef0123456789abcdef'
const other = 'fedcba9876543210fedcba9876543210'
const origin = { hosts: ['http://127.0.0.1:2379'], prefix: '/apisix' }
const entry = (key: string, value: string, modRevision = 7): StoredEntry => ({ key: `/apisix/${key}`, value, createRevision: 3, modRevision })
const entries = [entry('plugins', '[]'), entry('routes/1', '{"uri":"/ü"}', 4), entry('ssls/1', '{"key":"canary-0815"}', 5)]

function optionsIn (t: Test, more: Partial<StoreCopyOptions> = {}): StoreCopyOptions {
  return { path: join(tempFolder(t), 'sub', 'copy.db'), keyring: one, origin, ...more }
}

/** A copy of `entries`, closed again. */
async function make (options: StoreCopyOptions, copied: readonly StoredEntry[] = entries): Promise<void> {
  const copy = new StoreCopy(options)
  await copy.replace({ entries: copied, revision: 9 }, 1000)
  await copy.close()
}

async function use<T> (options: StoreCopyOptions, job: (copy: StoreCopy) => T | Promise<T>): Promise<T> {
  const copy = new StoreCopy(options)
  try {
    return await job(copy)
  } finally {
    await copy.close()
  }
}

t.test('what was copied is read again, by the next process too', async t => {
  const options = optionsIn(t)
  await use(options, async copy => {
    t.equal(copy.read(), undefined, 'nothing was copied yet')
    await copy.replace({ entries, revision: 9 }, 1000)
    t.same(copy.read(), { entries, revision: 9, asOfMs: 1000 })
    await copy.change(new Map([['/apisix/ssls/1', undefined], ['/apisix/routes/2', entry('routes/2', '{}', 10)]]), 11, 2000.4)
  })
  const expected = { entries: [entries[0], entries[1], entry('routes/2', '{}', 10)], revision: 11, asOfMs: 2000 }
  await use(options, copy => t.same(copy.read(), expected))
  await use(options, async copy => {
    await copy.change(new Map(), 11, 3000)
    t.same(copy.read(), { ...expected, asOfMs: 3000 }, 'it was looked at again, and nothing had changed')
  })
})

t.test('a whole list takes the place of another: what is gone goes, what says something else under an old number is told', async t => {
  const options = optionsIn(t)
  await make(options)
  const next = [entry('plugins', '["changed"]'), entry('routes/1', '{"uri":"/ü"}', 4), entry('upstreams/1', '{}', 12)]
  await use(options, async copy => {
    await copy.replace({ entries: next, revision: 12 }, 2000)
    t.same(copy.read(), { entries: next, revision: 12, asOfMs: 2000 })
  })
})

t.test('only its owner may read the files, and no value stands in them in clear', async t => {
  const options = optionsIn(t)
  await use(options, async copy => {
    await copy.replace({ entries, revision: 9 }, 1000)
    const folder = join(options.path, '..')
    for (const name of readdirSync(folder)) {
      const file = join(folder, name)
      t.equal(statSync(file).mode & 0o777, 0o600, name)
      t.notMatch(readFileSync(file, 'latin1'), 'canary-0815', name)
    }
    t.match(readdirSync(folder), ['copy.db'])
  })
})

t.test('the keyring may get a new first entry, and may lose the old one when the copy was made again', async t => {
  const options = optionsIn(t)
  await make(options)
  const both = { ...options, keyring: [other, one] }
  await use(both, async copy => {
    const read = copy.read()
    t.same(read?.entries, entries)
    await copy.replace({ entries, revision: 9 }, 1000)
  })
  await use({ ...options, keyring: other }, copy => t.same(copy.read()?.entries, entries))
})

t.test('without a keyring a copy is readable and still guarded against changes', async t => {
  const options = optionsIn(t, { keyring: null })
  await make(options)
  await use(options, copy => t.same(copy.read()?.entries, entries))
})

function inDatabase (path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

const unusable: ReadonlyArray<readonly [what: string, spoil: (path: string) => void | Partial<StoreCopyOptions>, reason: RegExp]> = [
  ['text', path => writeFileSync(path, 'no database at all, but long enough to be taken for one'.repeat(100)), /damaged, or not a database/],
  ['cut off', path => truncateSync(path, 8192), /damaged/],
  ['overwritten in the middle', path => {
    const octets = readFileSync(path)
    octets.fill(0xaa, 3 * 4096, 20 * 4096)
    writeFileSync(path, octets)
  }, /damaged/],
  ['of a later version', path => inDatabase(path, 'PRAGMA user_version = 2'), /written by another version \(format 2\)/],
  ['of an earlier version', path => inDatabase(path, 'PRAGMA user_version = 0'), /written by another version \(format 0\)/],
  ["another program's", path => inDatabase(path, 'PRAGMA application_id = 7'), /the database of another program/],
  ['encrypted with another keyring', () => ({ keyring: other }), /no entry of apisix\.data_encryption\.keyring opens it/],
  ['encrypted, and there is no keyring', () => ({ keyring: null }), /no entry of apisix\.data_encryption\.keyring opens it/],
  ['changed in one value', path => inDatabase(path, "UPDATE entry SET sealed = CAST(sealed || x'00' AS BLOB) WHERE key = CAST('/apisix/routes/1' AS BLOB)"), /no entry of .*keyring opens it/],
  ['without what a value needs', path => inDatabase(path, "UPDATE entry SET sealed = x'00'"), /no entry of .*keyring opens it/],
  ['one with a value in the place of another', path => inDatabase(path, "UPDATE entry SET sealed = (SELECT sealed FROM entry WHERE key = CAST('/apisix/plugins' AS BLOB)), mod_revision = 7"), /no entry of .*keyring opens it/],
  ['of another prefix', () => ({ origin: { ...origin, prefix: '/other' } }), /it is the copy of what is below \/apisix, not \/other/],
  ['of another store', () => ({ origin: { ...origin, hosts: ['http://10.0.0.1:2379', 'http://10.0.0.2:2379'] } }), /it is the copy of another store: http:\/\/127\.0\.0\.1:2379/]
]
for (const [what, spoil, reason] of unusable) {
  t.test(`a file that is ${what} is refused, stays as it is, and may be made anew`, async t => {
    const options = optionsIn(t)
    await make(options, [...entries, ...Array.from({ length: 200 }, (_, index) => entry(`upstreams/${index}`, 'x'.repeat(500)))])
    const spoilt = { ...options, ...spoil(options.path) ?? {} }
    const expected = { name: 'StoreError', code: 'STORE_ERR_COPY_UNUSABLE', message: reason }
    await t.rejects(use(spoilt, copy => copy.read()), expected)
    await t.rejects(use(spoilt, copy => copy.read()), { ...expected, message: new RegExp(`^${options.path}: `) })
    const copy = StoreCopy.anew(spoilt)
    t.teardown(async () => await copy.close())
    t.equal(copy.read(), undefined)
    await copy.replace({ entries, revision: 9 }, 1000)
    t.same(copy.read()?.entries, entries)
  })
}

t.test('a cluster that has lost some of its members and gained others is the same', async t => {
  const options = optionsIn(t)
  await make(options)
  await use({ ...options, origin: { ...origin, hosts: ['http://10.0.0.1:2379', ...origin.hosts] } }, copy => t.same(copy.read()?.entries, entries))
})

t.test('a file that another process uses is refused and not touched', async t => {
  const options = optionsIn(t)
  await use(options, () => t.throws(() => new StoreCopy(options), { code: 'STORE_ERR_REFUSED', message: `${options.path}: in use by another process` }))
})

t.test('the database of an embedded store is not taken for a copy', async t => {
  const options = optionsIn(t)
  await (await openEmbeddedStore({ path: options.path })).close()
  t.throws(() => new StoreCopy(options), { code: 'STORE_ERR_COPY_UNUSABLE', message: /the database of another program/ })
})

t.test('a write that fails leaves what was there; writes are made one after the other, and closing waits for them', async t => {
  const options = optionsIn(t)
  await make(options)
  inDatabase(options.path, "CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.key = CAST('/apisix/full' AS BLOB) BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END")
  const copy = new StoreCopy(options)
  const failing = copy.change(new Map([['/apisix/routes/2', entry('routes/2', '{}')], ['/apisix/full', entry('full', '{}')]]), 12, 1000)
  const following = copy.change(new Map([['/apisix/routes/3', entry('routes/3', '{}')]]), 13, 1000)
  await t.rejects(failing, { code: 'STORE_ERR_UNAVAILABLE', message: /database or disk is full/ })
  await following
  t.same(copy.read()?.entries.map(({ key }) => key), ['/apisix/plugins', '/apisix/routes/1', '/apisix/routes/3', '/apisix/ssls/1'])
  const last = copy.replace({ entries: Array.from({ length: 1000 }, (_, index) => entry(`routes/${index}`, '{}')), revision: 20 }, 1000)
  await copy.close()
  await last
  await use(options, again => t.equal(again.read()?.entries.length, 1000))
})
