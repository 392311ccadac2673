import t from 'tap'
import { fakeRequest, fakeResponse } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

const nowMs = Date.UTC(2026, 6, 1)

const shapes: ReadonlyArray<readonly [algorithm: string, shape: RegExp]> = [
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['uuidv7', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ['nanoid', /^[\w-]{21}$/],
  ['ksuid', /^[0-9A-Za-z]{27}$/],
  ['range_id', /^[0-9A-Za-z]{16}$/]
]
for (const [algorithm, shape] of shapes) {
  t.test(`${algorithm} makes ids of its shape, and never the same`, async t => {
    const { rewrite } = await runPlugin('request-id', { algorithm }, { now: () => nowMs })
    const ids = new Set<string>()
    for (let n = 0; n < 500; n++) {
      const request = fakeRequest()
      await rewrite?.(request)
      t.match(request.id, shape)
      ids.add(request.id)
    }
    t.equal(ids.size, 500)
  })
}

t.test('the characters of a set come equally often, also where their number does not divide 256', async t => {
  const { rewrite } = await runPlugin('request-id', { algorithm: 'range_id', range_id: { length: 1000, char_set: 'abcdefg' } })
  const counts = new Map<string, number>()
  for (let n = 0; n < 70; n++) {
    const request = fakeRequest()
    await rewrite?.(request)
    for (const character of request.id) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  t.equal(counts.size, 7)
  for (const [character, count] of counts) t.ok(Math.abs(count - 10_000) < 700, `${character} came ${count} times of 70,000`)
})

t.test('an id is made for a request without one, for the upstream, the log and the client', async t => {
  const { rewrite, headerFilter } = await runPlugin('request-id', {})
  const request = fakeRequest()
  const response = fakeResponse()
  t.strictSame(await rewrite?.(request), { kind: 'continue' })
  headerFilter?.(request, response)
  t.match(request.id, /^[0-9a-f-]{36}$/)
  t.equal(request.upstream.headers.get('X-Request-Id'), request.id)
  t.equal(response.headers.get('X-Request-Id'), request.id)
})

t.test('the id that the client sent is kept, whatever the case of its name', async t => {
  const { rewrite, headerFilter } = await runPlugin('request-id', {})
  const request = fakeRequest({ fields: ['x-request-ID', 'mine'] })
  const response = fakeResponse()
  await rewrite?.(request)
  headerFilter?.(request, response)
  t.equal(request.id, 'mine')
  t.strictSame(request.upstream.headers.raw, ['x-request-ID', 'mine'])
  t.equal(response.headers.get('x-request-id'), 'mine')
})

t.test('an empty id of the client is replaced', async t => {
  const { rewrite } = await runPlugin('request-id', {})
  const request = fakeRequest({ fields: ['X-Request-Id', ''] })
  await rewrite?.(request)
  t.strictSame(request.upstream.headers.lines('X-Request-Id'), [request.id])
})

t.test('of several ids of the client the first counts', async t => {
  const { rewrite } = await runPlugin('request-id', {})
  const request = fakeRequest({ fields: ['X-Request-Id', 'one', 'X-Request-Id', 'two'] })
  await rewrite?.(request)
  t.equal(request.id, 'one')
})

t.test('an id that the upstream answers with is left alone, an empty one is not', async t => {
  const { rewrite, headerFilter } = await runPlugin('request-id', {})
  const request = fakeRequest({ fields: ['X-Request-Id', 'mine'] })
  const [own, empty] = [fakeResponse(['X-Request-Id', 'theirs']), fakeResponse(['X-Request-Id', ''])]
  await rewrite?.(request)
  headerFilter?.(request, own)
  headerFilter?.(request, empty)
  t.equal(own.headers.get('X-Request-Id'), 'theirs')
  t.equal(empty.headers.get('X-Request-Id'), 'mine')
})

t.test('the header has the name that is configured, and the client need not see it', async t => {
  const { rewrite, headerFilter } = await runPlugin('request-id', { header_name: 'Trace', include_in_response: false })
  const request = fakeRequest()
  const response = fakeResponse()
  await rewrite?.(request)
  headerFilter?.(request, response)
  t.equal(request.upstream.headers.get('trace'), request.id)
  t.strictSame(response.headers.raw, [])
})

t.test('two instances with headers of their own each answer with their own id', async t => {
  const [one, two] = [await runPlugin('request-id', { header_name: 'X-One' }), await runPlugin('request-id', { header_name: 'X-Two' })]
  const request = fakeRequest({ fields: ['X-One', 'first'] })
  const response = fakeResponse()
  for (const { rewrite } of [one, two]) await rewrite?.(request)
  for (const { headerFilter } of [one, two]) headerFilter?.(request, response)
  t.equal(response.headers.get('X-One'), 'first')
  t.equal(response.headers.get('X-Two'), request.upstream.headers.get('X-Two'))
  t.not(response.headers.get('X-Two'), 'first')
})

t.test('a response of a request that was never rewritten gets no id', async t => {
  const { headerFilter } = await runPlugin('request-id', {})
  const response = fakeResponse()
  headerFilter?.(fakeRequest(), response)
  t.strictSame(response.headers.raw, [])
})

t.test('a range_id is drawn from the characters that are given, all of them', async t => {
  const { rewrite } = await runPlugin('request-id', { algorithm: 'range_id', range_id: { length: 1000, char_set: 'abcdef' } })
  const request = fakeRequest()
  await rewrite?.(request)
  t.match(request.id, /^[abcdef]{1000}$/)
  t.equal(new Set(request.id).size, 6)
})

t.test('a ksuid and a uuidv7 begin with the time', async t => {
  let clockMs = nowMs
  const ids = async (algorithm: string) => {
    const { rewrite } = await runPlugin('request-id', { algorithm }, { now: () => clockMs })
    const request = fakeRequest()
    await rewrite?.(request)
    return request.id
  }
  const [ksuid, uuid] = [await ids('ksuid'), await ids('uuidv7')]
  clockMs += 2000
  t.ok(await ids('ksuid') > ksuid)
  t.ok(await ids('uuidv7') > uuid)
  t.equal(parseInt(uuid.replaceAll('-', '').slice(0, 12), 16), nowMs)
})

t.test('a configuration that could not work is refused', async t => {
  const cases: ReadonlyArray<readonly [conf: unknown, complaint: string]> = [
    [{ header_name: 'X: y\r\nZ' }, 'invalid header_name: X: y\r\nZ'],
    [{ header_name: '' }, 'invalid header_name: '],
    [{ algorithm: 'md5' }, 'property "algorithm" validation failed: matches none of the enum values'],
    [{ range_id: { length: 5 } }, 'property "range_id" validation failed: property "length" validation failed: expected 5 to be at least 6'],
    [{ range_id: { char_set: 'abc' } }, 'property "range_id" validation failed: property "char_set" validation failed: string too short, expected at least 6, got 3'],
    [{ range_id: { char_set: 'abcde\n' } }, 'range_id.char_set must consist of visible ASCII characters'],
    ['uuid', 'wrong type: expected object, got string']
  ]
  for (const [conf, complaint] of cases) t.equal(await complaintAbout('request-id', conf), complaint)
  t.equal(await complaintAbout('request-id', {}), undefined)
})
