import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

async function answered (conf: object, variables: Readonly<Record<string, string>> = {}) {
  const { access } = await runPlugin('mocking', conf)
  return responseOf(await access?.(fakeRequest({ variables })))
}

t.test('an example is answered as it is, its variables replaced', async t => {
  t.strictSame(await answered({ response_example: '{"you":"$remote_addr"}' }, { remote_addr: '192.0.2.7' }), {
    status: 200,
    headers: { 'Content-Type': 'application/json;charset=utf8', 'x-mock-by': 'clinch' },
    body: '{"you":"192.0.2.7"}'
  })
})

t.test('status, type, headers and the mark can be set', async t => {
  t.strictSame(await answered({
    response_example: 'hi', response_status: 201, content_type: 'text/plain', with_mock_header: false, response_headers: { 'X-A': '$arg_a', 'X-N': 3 }
  }, { arg_a: '1' }), { status: 201, headers: { 'Content-Type': 'text/plain', 'X-A': '1', 'X-N': '3' }, body: 'hi' })
})

const schema = {
  type: 'object',
  properties: {
    name: { type: 'string', example: 'jack & co' },
    wrong: { type: 'string', example: 7 },
    count: { type: 'integer' },
    ratio: { type: 'number', example: 0.5 },
    on: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    inner: { properties: { id: { type: 'integer', example: 9 } } },
    what: {}
  }
}

t.test('of a schema a value is made: its examples where they fit, else something of the type', async t => {
  for (let round = 0; round < 20; round++) {
    const { body } = await answered({ response_schema: schema }) ?? {}
    const made = JSON.parse(String(body)) as Record<string, unknown>
    t.match(made, { name: 'jack & co', wrong: /^[a-z]{1,10}$/, ratio: 0.5, on: Boolean, inner: { id: 9 }, what: null })
    t.ok(Number.isInteger(made['count']) && Number(made['count']) >= 1 && Number(made['count']) <= 10_000)
    const tags = made['tags'] as string[]
    t.ok(tags.length >= 1 && tags.length <= 3 && tags.every(tag => /^[a-z]+$/.test(tag)))
  }
})

t.test('in XML each member is an element', async t => {
  const { body } = await answered({ content_type: 'application/xml', response_schema: { properties: { a: { type: 'string', example: '<&>' }, list: { type: 'array', example: [1, 2] } } } }) ?? {}
  t.equal(body, '<data><a>&lt;&amp;&gt;</a><list>1</list><list>2</list></data>')
  t.equal((await answered({ content_type: 'text/html', response_schema: schema }))?.body, '', 'there is no HTML of a schema')
})

t.test('a delay is waited for', async t => {
  const { access } = await runPlugin('mocking', { delay: 1, response_example: 'late' })
  const answer = access?.(fakeRequest())
  t.ok(answer instanceof Promise)
  t.equal(responseOf(await answer)?.body, 'late')
})

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{}, 'object matches none of the required: ["response_example"] or ["response_schema"]'],
    [{ response_example: 'x', content_type: 'image/png' }, 'unsupported content type!'],
    [{ response_example: 'x', response_status: 101 }, 'response_status must be one that ends a request: 200 or above'],
    [{ response_example: 'x', response_status: 1000 }, 'property "response_status" validation failed: expected 1000 to be at most 999'],
    [{ response_example: 'x', response_headers: { 'a b': '' } }, 'invalid field character in header']
  ] as const) t.equal(await complaintAbout('mocking', conf), complaint)
})
