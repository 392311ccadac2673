import t from 'tap'
import { openEmbeddedStore, type Store, type StoredEntry } from '@clinch/store'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAdmin } from './admin-server.ts'

const path = '/apisix/admin/routes/1'
const route = (uri: string) => ({ uri, plugins: {} })

async function countingStore (): Promise<{ store: Store, calls: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'clinch-admin-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openEmbeddedStore({ path: join(folder, 'clinch.db') })
  t.teardown(() => store.close())
  const calls: string[] = []
  const counted = new Proxy(store, {
    get (target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (typeof args[0] === 'string' && args[0].endsWith('/routes/1')) calls.push(String(name))
        return Reflect.apply(member, target, args) as unknown
      }
    }
  })
  return { store: counted, calls }
}

t.test('a PUT over an object that is known asks the store once, and keeps its creation time', async t => {
  const { store, calls } = await countingStore()
  const last: { entry?: StoredEntry | undefined } = {}
  const { send, clock } = await startAdmin(t, { store, lastKnown: () => last.entry })
  const first = await send('PUT', path, route('/a'))
  t.equal(first.status, 201)
  t.strictSame(calls.splice(0), ['get', 'put'])
  last.entry = await store.get('/apisix/routes/1')
  calls.length = 0
  clock.nowMs += 5000
  const second = await send('PUT', path, route('/b'))
  t.equal(second.status, 200)
  t.strictSame(calls, ['compareAndSwap'])
  t.equal(second.body.value.create_time, first.body.value.create_time)
  t.equal(second.body.value.update_time, first.body.value.update_time + 5)
})

t.test('what was known may be out of date: then the store has the word', async t => {
  const { store, calls } = await countingStore()
  const last: { entry?: StoredEntry | undefined } = {}
  const { send } = await startAdmin(t, { store, lastKnown: () => last.entry })
  await send('PUT', path, route('/a'))
  last.entry = await store.get('/apisix/routes/1')
  await send('PUT', path, route('/b'))
  calls.length = 0
  t.equal((await send('PUT', path, route('/c'))).status, 200)
  t.strictSame(calls, ['compareAndSwap', 'get', 'put'])
  await store.delete('/apisix/routes/1')
  t.equal((await send('PUT', path, route('/d'))).status, 201, 'deleted meanwhile')
  t.equal((await send('GET', path)).body.value.uri, '/d')
})
