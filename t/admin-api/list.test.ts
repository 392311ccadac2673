import t from 'tap'
import { startAdmin, viewerKey, type AdminServer } from './admin-server.ts'

const routes = '/apisix/admin/routes'
const idsOf = (reply: { body: { list: Array<{ value: { id: string } }> } }) => reply.body.list.map(({ value }) => value.id)

async function startWith (t: Parameters<typeof startAdmin>[0], objects: Record<string, object>): Promise<AdminServer> {
  const server = await startAdmin(t)
  for (const [id, route] of Object.entries(objects)) {
    const { status } = await server.send('PUT', `${routes}/${id}`, { uri: `/${id}`, plugins: {}, ...route })
    if (status !== 201) throw new Error(`the route ${id} was not taken`)
  }
  return server
}

t.test('an empty collection is an empty list, with the placeholder and without', async t => {
  const { send, store } = await startAdmin(t)
  t.equal((await send('GET', routes)).text, '{"total":0,"list":[]}\n')
  await store.put('/apisix/routes/', 'init_dir')
  await store.put('/apisix/routes/no-object', '[]')
  await store.put('/apisix/routes/r/below', '{}')
  const reply = await send('GET', routes)
  t.equal(reply.text, '{"total":0,"list":[]}\n')
  t.equal(reply.headers.get('x-api-version'), 'v3')
  t.equal((await send('GET', `${routes}/no-object`)).status, 404)
})

t.test('a list shows each object with its revisions, in the byte order of the keys', async t => {
  const { send } = await startWith(t, { 2: {}, 10: {}, 1: {}, b: {}, B: {} })
  const reply = await send('GET', routes)
  t.equal(reply.body.total, 5)
  t.strictSame(idsOf(reply), ['1', '10', '2', 'B', 'b'])
  t.match(reply.body.list[0], { key: '/apisix/routes/1', value: { uri: '/1' }, createdIndex: Number, modifiedIndex: Number })
})

t.test('name and uri are regular expressions, label is a key', async t => {
  const { send } = await startWith(t, {
    1: { name: 'alpha', labels: { env: 'prod' } },
    2: { name: 'beta alpha', labels: { team: 'env' } },
    3: { uri: undefined, uris: ['/x', '/api/v1'] },
    4: {}
  })
  const found = async (query: string) => idsOf(await send('GET', `${routes}?${query}`))
  t.strictSame(await found('name=^a'), ['1'])
  t.strictSame(await found('name=alpha'), ['1', '2'])
  t.strictSame(await found('name=ALPHA'), [])
  t.strictSame(await found('name=(?i)ALPHA'), ['1', '2'])
  t.strictSame(await found('name=nil'), [])
  t.strictSame(await found('name='), ['1', '2', '3', '4'])
  t.strictSame(await found('uri=^/api'), ['3'])
  t.strictSame(await found('uri=^/[12]$'), ['1', '2'])
  t.strictSame(await found('label=env'), ['1'])
  t.strictSame(await found('label=prod'), [])
  t.strictSame(await found('label='), [])
  t.strictSame(await found('name=alpha&label=team'), ['2'])
  const reply = await send('GET', `${routes}?name=alpha`)
  t.equal(reply.body.total, 2)
})

t.test('filter asks for references, whatever their type', async t => {
  const { send, store } = await startAdmin(t)
  for (const [id, route] of Object.entries({ a: { service_id: 1 }, b: { service_id: '1', upstream_id: 'u' }, c: { service_id: '2' } })) {
    await store.put(`/apisix/routes/${id}`, JSON.stringify({ id, ...route }))
  }
  const found = async (filter: string) => idsOf(await send('GET', `${routes}?filter=${encodeURIComponent(filter)}`))
  t.strictSame(await found('service_id=1'), ['a', 'b'])
  t.strictSame(await found('service_id=1&upstream_id=u'), ['b'])
  t.strictSame(await found('unknown=1'), ['a', 'b', 'c'])
})

t.test('an expression that would run for ever, or is none, is refused', async t => {
  const { send } = await startWith(t, { 1: { name: `${'a'.repeat(60)}!` } })
  const slow = await send('GET', `${routes}?name=${encodeURIComponent('^(?=(a+)+$)')}`, undefined, { 'x-api-key': viewerKey })
  t.equal(slow.status, 400)
  t.equal(slow.body.error_msg, 'invalid argument name: the search takes too long')
  const linear = await send('GET', `${routes}?name=${encodeURIComponent('^(a+)+$')}`)
  t.match(linear.body, { total: 0 }, 'what an engine without backtracking can run is answered')
  const wrong = await send('GET', `${routes}?uri=(`)
  t.equal(wrong.status, 400)
  t.match(wrong.body.error_msg, /^invalid argument uri: /)
})

t.test('pages go by creation, and total counts what was found before paging', async t => {
  const ids = Array.from({ length: 25 }, (_, index) => String(25 - index))
  const { send } = await startWith(t, Object.fromEntries(ids.map(id => [`r${id}`, { name: Number(id) > 5 ? 'many' : 'few' }])))
  const page = async (query: string) => await send('GET', `${routes}?${query}`)
  t.strictSame(idsOf(await page('page=1&page_size=10')), ids.slice(0, 10).map(id => `r${id}`))
  t.strictSame(idsOf(await page('page=3&page_size=10')), ids.slice(20).map(id => `r${id}`))
  t.strictSame(idsOf(await page('page=0&page_size=10')), ids.slice(0, 10).map(id => `r${id}`))
  t.strictSame((await page('page=9&page_size=10')).body, { total: 25, list: [] })
  t.equal((await page('page=2&page_size=10&name=many')).body.total, 20)
  t.equal((await page('page=2')).body.list.length, 25)
  t.equal((await page('page=2&page_size=x')).body.list.length, 25)
  for (const size of [5, 501]) {
    const reply = await page(`page=1&page_size=${size}`)
    t.equal(reply.status, 400)
    t.equal(reply.text, 'page_size must be between 10 and 500')
    t.equal(reply.headers.get('content-type'), 'application/json')
  }
})
