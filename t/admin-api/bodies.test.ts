import { once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import { adminKey, startAdmin } from './admin-server.ts'

const route = '/apisix/admin/routes/1'

const malformed: ReadonlyArray<readonly [body: string, complaint: string]> = [
  ['abc', 'Expected value but found "abc" at line 1 column 1 (character 1)'],
  ['{\'a\':1}', 'Expected object key string but found "\'" at line 1 column 2 (character 2)'],
  ['{"a":1,}', 'Expected object key string but found T_OBJ_END at line 1 column 8 (character 8)'],
  ['{"a":1', 'Expected comma or object end but found T_END at line 1 column 7 (character 7)'],
  ['{"a":1} x', 'Expected the end but found "x" at line 1 column 9 (character 9)'],
  ['{', 'Expected object key string but found T_END at line 1 column 2 (character 2)'],
  [' ', 'Expected value but found T_END at line 1 column 2 (character 2)'],
  ['{"a" 1}', 'Expected colon but found T_NUMBER at line 1 column 6 (character 6)'],
  ['{"a":}', 'Expected value but found T_OBJ_END at line 1 column 6 (character 6)'],
  ['[1 2]', 'Expected comma or array end but found T_NUMBER at line 1 column 4 (character 4)'],
  ['[1,]', 'Expected value but found T_ARR_END at line 1 column 4 (character 4)'],
  ['[1}', 'Expected comma or array end but found T_OBJ_END at line 1 column 3 (character 3)'],
  ['{"a":True}', 'Expected value but found "True" at line 1 column 6 (character 6)'],
  ['{"a":01}', 'Expected value but found invalid number at line 1 column 6 (character 6)'],
  ['{"a":"b', 'Expected value but found unexpected end of string at line 1 column 8 (character 8)'],
  ['{"a":"\\x"}', 'Expected value but found invalid escape code at line 1 column 7 (character 7)'],
  ['{\n  "a": 1,\r\n  // no\n}', 'Expected object key string but found "/" at line 3 column 3 (character 16)'],
  ['{"💎": 1;}', 'Expected comma or object end but found ";" at line 1 column 8 (character 8)'],
  ['{“a”: 1}', 'Expected object key string but found "“" (U+201C LEFT DOUBLE QUOTATION MARK) at line 1 column 2 (character 2)'],
  ['{"a"：1}', 'Expected colon but found "：" (U+FF1A FULLWIDTH COLON) at line 1 column 5 (character 5)'],
  ['\u0001', 'Expected value but found U+0001 at line 1 column 1 (character 1)'],
  ['{é:1}', 'Expected object key string but found "é" (U+00E9) at line 1 column 2 (character 2)']
]

t.test('line breaks inside strings are taken, as shells paste PEM files', async t => {
  const { send } = await startAdmin(t)
  const reply = await send('PUT', route, '{"uri": "/a", "plugins": {}, "desc": "one\ntwo\t\\"three\\""}')
  t.equal(reply.status, 201)
  t.match(reply.body, { value: { desc: 'one\ntwo\t"three"' } })
})

t.test('a body that is no JSON is refused with what was expected, what was found, and where', async t => {
  const { send } = await startAdmin(t)
  for (const [body, complaint] of malformed) {
    const reply = await send('PUT', route, body)
    t.equal(reply.status, 400)
    t.strictSame(reply.body, { error_msg: `invalid request body: ${complaint}`, req_body: body })
  }
})

t.test('a full-width comma after a member is pointed at', async t => {
  const { send } = await startAdmin(t)
  const body = '{\n  "ocsp_stapling": {\n    "enabled": true，\n    "skip_verify": false\n  }\n}'
  const reply = await send('PUT', '/apisix/admin/ssls/1', body)
  t.equal(reply.status, 400)
  t.equal(reply.body.error_msg, 'invalid request body: Expected comma or object end but found "，" (U+FF0C FULLWIDTH COMMA) at line 3 column 20 (character 43)')
  t.equal(reply.body.req_body, body)
})

t.test('exactly what is no JSON is refused as no JSON', async t => {
  const { api } = await startAdmin(t)
  const validate = async (payload: string) => {
    const { statusCode, body } = await api.app.inject({ method: 'POST', url: '/apisix/admin/schema/validate/routes', headers: { 'x-api-key': adminKey }, payload })
    return statusCode === 400 && body.includes('"req_body"')
  }
  const fragments = fc.constantFrom('{', '}', '[', ']', ':', ',', '"a"', '"\\u00e9"', '"\\u00"', '1', '-0.5e+3', '1.', '-', 'true', 'null', 'nul', ' ', '，', '"') // no line break: inside a string it is taken
  await t.resolves(fc.assert(fc.asyncProperty(fc.array(fragments, { minLength: 1, maxLength: 8 }), async parts => await validate(parts.join('')) === !isJson(parts.join(''))), { numRuns: 2000 }))
  await t.resolves(fc.assert(fc.asyncProperty(fc.json(), async text => !await validate(text))))
  await t.resolves(fc.assert(fc.asyncProperty(fc.string({ minLength: 1 }), async text => await validate(text) === !isJson(text))))
})

t.test('a body nested deeper than a thousand is refused', async t => {
  const { send } = await startAdmin(t)
  const deep = await send('PUT', route, '['.repeat(200_000))
  t.equal(deep.status, 400)
  t.equal(deep.body.error_msg, 'invalid request body: Found too many nested data structures (1001) at line 1 column 1001 (character 1001)')
  const nested = `${'{"a":'.repeat(998)}1${'}'.repeat(998)}`
  t.equal((await send('PUT', route, `{"uri":"/a","plugins":{"request-id":{"_meta":${nested}}}}`)).status, 400)
})

t.test('a body over 1.5 MiB is refused with both sizes', async t => {
  const { send, url } = await startAdmin(t)
  const body = JSON.stringify({ desc: 'x'.repeat(1_677_000) })
  const declared = await send('PUT', route, body)
  t.equal(declared.status, 400)
  t.equal(declared.body.error_msg, `invalid request body: request size ${body.length} is greater than the maximum size 1572864 allowed`)
  const stream = new Blob([body]).stream()
  const chunked = await fetch(url + route, { method: 'PUT', headers: { 'x-api-key': adminKey }, body: stream, duplex: 'half' } as RequestInit)
  t.equal(chunked.status, 400)
  t.match(await chunked.text(), /request size \d+ is greater than the maximum size 1572864 allowed/)
  t.equal((await send('GET', route)).status, 404, 'the server goes on')
})

t.test('a body is JSON whatever its content type says, on every method', async t => {
  const { send } = await startAdmin(t)
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'json', 'application/yaml; charset=utf-8']) {
    t.match((await send('PUT', route, { uri: '/a', plugins: {} }, { 'x-api-key': adminKey, 'content-type': type })).status, /20[01]/, type)
  }
  const reply = await send('DELETE', route, '{')
  t.equal(reply.status, 400)
  t.equal(reply.body.req_body, '{')
  t.equal(reply.headers.get('x-api-version'), null)
})

t.test('a document that is no object is refused, never a crash', async t => {
  const { send } = await startAdmin(t)
  for (const [body, got] of [['"text"', 'string'], ['1', 'number'], ['true', 'boolean'], ['null', 'userdata'], ['[1]', 'table']] as const) {
    for (const [method, path] of [['PUT', route], ['POST', '/apisix/admin/routes'], ['PUT', '/apisix/admin/ssls/1']] as const) {
      const reply = await send(method, path, body)
      t.equal(reply.status, 400)
      t.equal(reply.body.error_msg, `invalid configuration: wrong type: expected object, got ${got}`)
    }
  }
})

t.test('a missing body is refused in the words of each method', async t => {
  const { send } = await startAdmin(t)
  t.equal((await send('PUT', route)).body.error_msg, 'missing configurations')
  t.equal((await send('POST', '/apisix/admin/routes')).body.error_msg, 'missing configurations')
  t.equal((await send('PATCH', route)).body.error_msg, 'missing new configuration')
})

t.test('a client that leaves in the middle of a body disturbs nobody', async t => {
  const { api, send, url, lines } = await startAdmin(t)
  const arrived = once(api.app.server, 'request')
  const leaving = new AbortController()
  const stream = new ReadableStream({ start: controller => { controller.enqueue(new TextEncoder().encode('{')) } })
  const request = fetch(url + route, { method: 'PUT', headers: { 'x-api-key': adminKey }, body: stream, duplex: 'half', signal: leaving.signal } as RequestInit)
  await arrived
  leaving.abort()
  await t.rejects(request)
  t.equal((await send('GET', '/apisix/admin/routes')).status, 200)
  t.notOk(lines.some(line => JSON.parse(line).level >= 40))
})

function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
