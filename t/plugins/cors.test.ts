import t from 'tap'
import { fakeRequest, fakeResponse } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const all = { 'Access-Control-Allow-Methods': '*', 'Access-Control-Max-Age': '5', 'Access-Control-Allow-Headers': '*' }
const lists = { allow_origins: { ours: 'https://a.test,https://b.test', theirs: 'https://c.test', every: '**' } }

/** The fields of a response to a request of that origin, by name; several lines joined by ` | `. */
async function answered (conf: object, origin?: string, { upstream = [], fields = [] }: { upstream?: readonly string[], fields?: readonly string[] } = {}) {
  const { headerFilter } = await runPlugin('cors', conf, { metadata: lists })
  const response = fakeResponse(upstream)
  headerFilter?.(fakeRequest({ fields: [...fields, ...origin === undefined ? [] : ['Origin', origin]] }), response)
  const named = [...response.headers.raw.keys()].filter(at => at % 2 === 0).map(at => response.headers.raw[at] ?? '')
  return Object.fromEntries(named.map(name => [name, response.headers.lines(name).join(' | ')]))
}

const origins: ReadonlyArray<readonly [behaviour: string, conf: object, origin: string | undefined, expected: object]> = [
  ['by default every origin is allowed', {}, 'https://a.test', { 'Access-Control-Allow-Origin': '*', ...all }],
  ['also a request without one', {}, undefined, { 'Access-Control-Allow-Origin': '*', ...all }],
  ['** gives the origin back', { allow_origins: '**' }, 'https://a.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://a.test', ...all }],
  ['or * where there is none', { allow_origins: '**' }, undefined, { Vary: 'Origin', 'Access-Control-Allow-Origin': '*', ...all }],
  ['an origin of the list is allowed', { allow_origins: 'https://a.test,http://b.test:8080' }, 'http://b.test:8080', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'http://b.test:8080', ...all }],
  ['a third one is not', { allow_origins: 'https://a.test,http://b.test:8080' }, 'https://c.test', { Vary: 'Origin' }],
  ['a part of one is not', { allow_origins: 'https://a.test,http://b.test:8080' }, 'http://b.test', { Vary: 'Origin' }],
  ['none is not', { allow_origins: 'https://a.test' }, undefined, { Vary: 'Origin' }],
  ['null is an origin', { allow_origins: 'null' }, 'null', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'null', ...all }],
  ['a pattern decides', { allow_origins_by_regex: ['^https://.*\\.a\\.test$', 'b\\.test$'] }, 'https://x.b.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://x.b.test', ...all }],
  ['and nothing but the patterns', { allow_origins: 'https://c.test', allow_origins_by_regex: ['a\\.test$'] }, 'https://c.test', { Vary: 'Origin' }],
  ['a pattern matches no missing origin', { allow_origins_by_regex: ['.*'] }, undefined, { Vary: 'Origin' }],
  ['a list of the metadata decides', { allow_origins_by_metadata: ['theirs', 'ours'] }, 'https://b.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://b.test', ...all }],
  ['every origin can stand in the metadata', { allow_origins_by_metadata: ['every'] }, 'https://x.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://x.test', ...all }],
  ['where * is all else, the metadata is the last word', { allow_origins_by_metadata: ['ours'] }, 'https://c.test', { Vary: 'Origin' }],
  ['otherwise the list follows', { allow_origins_by_metadata: ['ours'], allow_origins: 'https://d.test' }, 'https://d.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://d.test', ...all }],
  ['or the patterns', { allow_origins_by_metadata: ['ours'], allow_origins: 'null', allow_origins_by_regex: ['d\\.test$'] }, 'https://d.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': 'https://d.test', ...all }],
  ['a key that the metadata lacks matches nothing', { allow_origins_by_metadata: ['gone', 'constructor'] }, 'https://a.test', { Vary: 'Origin' }],
  ['timing has a list of its own', { timing_allow_origins: 'https://t.test,https://u.test' }, 'https://t.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': '*', ...all, 'Timing-Allow-Origin': 'https://t.test' }],
  ['which need not have the origin', { timing_allow_origins: 'https://t.test' }, 'https://a.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': '*', ...all }],
  ['timing for everybody depends on nothing', { timing_allow_origins: '*' }, 'https://a.test', { 'Access-Control-Allow-Origin': '*', ...all, 'Timing-Allow-Origin': '*' }],
  ['timing has patterns of its own', { timing_allow_origins: '*', timing_allow_origins_by_regex: ['^https://t'] }, 'https://t.test', { Vary: 'Origin', 'Access-Control-Allow-Origin': '*', ...all, 'Timing-Allow-Origin': 'https://t.test' }]
]
for (const [behaviour, conf, origin, expected] of origins) {
  t.test(behaviour, async t => {
    t.strictSame(await answered(conf, origin), expected)
  })
}

t.test('what is configured is told', async t => {
  const conf = { allow_origins: 'https://a.test', allow_methods: 'GET,PUT', allow_headers: 'X-A,X-B', expose_headers: 'X-C', max_age: 60, allow_credential: true }
  t.match(await answered(conf, 'https://a.test'), {
    'Access-Control-Allow-Methods': 'GET,PUT',
    'Access-Control-Allow-Headers': 'X-A,X-B',
    'Access-Control-Expose-Headers': 'X-C',
    'Access-Control-Max-Age': '60',
    'Access-Control-Allow-Credentials': 'true'
  })
  t.notOk('Access-Control-Expose-Headers' in await answered({ expose_headers: '' }))
})

t.test('** is every method, and the headers that are asked for', async t => {
  const conf = { allow_methods: '**', allow_headers: '**' }
  t.match(await answered(conf, 'https://a.test', { fields: ['Access-Control-Request-Headers', 'x-a, x-b'] }), {
    'Access-Control-Allow-Methods': 'GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE',
    'Access-Control-Allow-Headers': 'x-a, x-b'
  })
  t.notOk('Access-Control-Allow-Headers' in await answered(conf, 'https://a.test', { upstream: ['Access-Control-Allow-Headers', 'x-old'] }))
})

t.test('what the upstream says of it is replaced for an allowed origin, and passes for another one', async t => {
  const upstream = ['access-control-allow-origin', 'https://up.test', 'Access-Control-Max-Age', '1']
  t.match(await answered({ allow_origins: 'https://a.test' }, 'https://a.test', { upstream }), { 'Access-Control-Allow-Origin': 'https://a.test', 'Access-Control-Max-Age': '5' })
  t.strictSame(await answered({ allow_origins: 'https://a.test' }, 'https://c.test', { upstream }), { 'access-control-allow-origin': 'https://up.test', 'Access-Control-Max-Age': '1', Vary: 'Origin' })
})

t.test('Vary is added to, once', async t => {
  const vary = async (value: string) => (await answered({ allow_origins: '**' }, 'https://a.test', { upstream: ['Vary', value] }))['Vary']
  t.equal(await vary('Accept-Encoding'), 'Accept-Encoding | Origin')
  t.equal(await vary('Accept, origin'), 'Accept, origin')
  t.equal(await vary('*'), '*')
})

t.test('every OPTIONS request is answered, preflight or not', async t => {
  const { rewrite } = await runPlugin('cors', {})
  t.strictSame(responseOf(await rewrite?.(fakeRequest({ method: 'OPTIONS' }))), { status: 200 })
  t.strictSame(await rewrite?.(fakeRequest({ method: 'POST' })), { kind: 'continue' })
})

t.test('a configuration that could not work is refused', async t => {
  const credentials = 'you can not set \'*\' for other option when \'allow_credential\' is true'
  const named = { allow_origins: 'https://a.test', allow_methods: 'GET', allow_headers: 'X-A' }
  const cases: ReadonlyArray<readonly [conf: object, complaint: string | RegExp | undefined]> = [
    [{ allow_credential: true }, credentials],
    [{ ...named, allow_credential: true }, undefined],
    [{ ...named, allow_methods: '*', allow_credential: true }, credentials],
    [{ ...named, allow_headers: '*', allow_credential: true }, credentials],
    [{ ...named, expose_headers: '*', allow_credential: true }, credentials],
    [{ ...named, timing_allow_origins: '*', allow_credential: true }, credentials],
    [{ ...named, allow_origins: '**', allow_methods: '**', allow_headers: '**', allow_credential: true }, undefined],
    [{ allow_origins: 'https://a.test, https://b.test' }, /^property "allow_origins" validation failed: failed to match pattern/],
    [{ allow_origins: 'a.test' }, /^property "allow_origins" validation failed/],
    [{ timing_allow_origins: 'https://a.test,' }, /^property "timing_allow_origins" validation failed/],
    [{ allow_origins_by_regex: [] }, 'property "allow_origins_by_regex" validation failed: expect array to have at least 1 items'],
    [{ allow_origins_by_regex: ['a', 'a'] }, /expected unique items/],
    [{ allow_origins_by_regex: ['x', '('] }, /^invalid allow_origins_by_regex\(\(\): .*Unterminated group/],
    [{ timing_allow_origins_by_regex: ['(?>a)'] }, 'invalid timing_allow_origins_by_regex((?>a)): an atomic group is not supported'],
    [{ expose_headers: 'X-A\r\nSet-Cookie: a=b' }, 'invalid value character in expose_headers'],
    [{ max_age: '5' }, 'property "max_age" validation failed: wrong type: expected integer, got string']
  ]
  for (const [conf, complaint] of cases) t.match(await complaintAbout('cors', conf) ?? null, complaint ?? null, JSON.stringify(conf))
})
