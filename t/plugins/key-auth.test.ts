import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import type { FakeRequest } from '../support/request-context.ts'
import { askAs, passedOn, unauthorized } from './ask-as.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

const held = { jack: { key: 'secret-of-jack' }, jill: { key: 'secret of jill&co' }, nobody: { key: '' }, guest: {} }
const missing = unauthorized('apikey realm="key"', 'Missing API key in request')
const invalid = unauthorized('apikey realm="key"', 'Invalid API key in request')

const known: ReadonlyArray<readonly [behaviour: string, conf: object, request: FakeRequest, username: string]> = [
  ['a key in the header', {}, { fields: ['apikey', 'secret-of-jack'] }, 'jack'],
  ['whose name has no case', {}, { fields: ['ApiKey', 'secret-of-jack'] }, 'jack'],
  ['a key in the query', {}, { target: '/?a=b&apikey=secret-of-jack' }, 'jack'],
  ['which is decoded', {}, { target: '/?%61pikey=secret+of%20jill%26co' }, 'jill'],
  ['the header comes before the query', {}, { target: '/?apikey=secret+of+jill%26co', fields: ['apikey', 'secret-of-jack'] }, 'jack'],
  ['of several lines the first counts', {}, { fields: ['apikey', 'secret-of-jack', 'apikey', 'wrong'] }, 'jack'],
  ['other names for both', { header: 'X-Key', query: 'k' }, { fields: ['X-Key', 'secret-of-jack'] }, 'jack'],
  ['other names for both, in the query', { header: 'X-Key', query: 'k' }, { target: '/?k=secret-of-jack' }, 'jack'],
  ['an anonymous consumer for those without a key', { anonymous_consumer: 'guest' }, {}, 'guest'],
  ['and for those with a wrong one', { anonymous_consumer: 'guest' }, { fields: ['apikey', 'wrong'] }, 'guest']
]

for (const [behaviour, conf, request, username] of known) {
  t.test(`lets pass: ${behaviour}`, async t => {
    const outcome = await askAs(await runPlugin('key-auth', conf), held, request)
    t.match(outcome, { response: undefined, consumer: username })
  })
}

const refused: ReadonlyArray<readonly [behaviour: string, request: FakeRequest, response: object]> = [
  ['no key', {}, missing],
  ['no key where others are', { target: '/?apikeys=secret-of-jack&x', fields: ['x-apikey', 'secret-of-jack'] }, missing],
  ['a wrong key', { fields: ['apikey', 'wrong'] }, invalid],
  ['a key in another case', { fields: ['apikey', 'Secret-Of-Jack'] }, invalid],
  ['a part of a key', { fields: ['apikey', 'secret'] }, invalid],
  ['a wrong key in the header, whatever the query says', { target: '/?apikey=secret-of-jack', fields: ['apikey', 'wrong'] }, invalid],
  ['an empty header, whoever has an empty key', { fields: ['apikey', ''] }, invalid],
  ['an empty argument', { target: '/?apikey=' }, invalid],
  ['an argument without a value', { target: '/?apikey' }, invalid],
  ['an argument that comes twice', { target: '/?apikey=secret-of-jack&apikey=secret-of-jack' }, invalid],
  ['an argument that comes twice under two spellings', { target: '/?apikey=secret-of-jack&%61pikey=wrong' }, invalid],
  ['an argument that cannot be decoded', { target: '/?apikey=%E0%A4' }, invalid]
]

for (const [behaviour, request, response] of refused) {
  t.test(`refuses ${behaviour}`, async t => {
    const outcome = await askAs(await runPlugin('key-auth', {}), held, request)
    t.strictSame(outcome.response, response)
    t.equal(outcome.consumer, undefined)
  })
}

t.test('hide_credentials takes out what was used, and both for the anonymous consumer', async t => {
  const both = { target: '/a?apikey=secret-of-jack&b=1', fields: ['apikey', 'secret-of-jack', 'X-Other', '1', 'APIKEY', 'more'] }
  const cases: ReadonlyArray<readonly [request: FakeRequest, consumer: string, target: string, fields: readonly string[]]> = [
    [both, 'jack', both.target, ['X-Other', '1']],
    [{ target: '/a?x=%2f&%61pikey=secret-of-jack&b' }, 'jack', '/a?x=%2f&b', []],
    [{ target: '/a?apikey=secret-of-jack' }, 'jack', '/a', []],
    [{ target: '/a?apikey=wrong&b=1', fields: ['apikey', 'wrong'] }, 'guest', '/a?b=1', []],
    [{ target: '/a' }, 'guest', '/a', []]
  ]
  const phases = await runPlugin('key-auth', { hide_credentials: true, anonymous_consumer: 'guest' })
  for (const [request, consumer, target, fields] of cases) t.strictSame(passedOn(await askAs(phases, held, request)), { status: undefined, consumer, target, fields })
})

t.test('without hide_credentials the upstream gets what was sent', async t => {
  const request = { target: '/a?b=1', fields: ['apikey', 'secret-of-jack'] }
  t.strictSame(passedOn(await askAs(await runPlugin('key-auth', {}), held, request)), { status: undefined, consumer: 'jack', ...request })
})

t.test('an anonymous consumer that does not exist is a 401, and an error in the log', async t => {
  const recorder = recordLog()
  const outcome = await askAs(await runPlugin('key-auth', { anonymous_consumer: 'gone', realm: 'shop' }, { recorder }), held)
  t.strictSame(outcome.response, unauthorized('apikey realm="shop"', 'Invalid user authorization'))
  t.match(recorder.lines.at(-1), { level: 50, consumer: 'gone', msg: 'key-auth failed to authenticate the request, code: 401. error: failed to get anonymous consumer' })
})

t.test('the log says why, and nothing of the key', async t => {
  const recorder = recordLog('debug')
  await askAs(await runPlugin('key-auth', {}, { recorder }), held, { target: '/?apikey=canary', fields: ['apikey', 'canary'] })
  t.match(recorder.lines.at(-1), { level: 40, reqId: String, plugin: 'key-auth', msg: 'failed to find consumer: nobody has this API key' })
  t.notMatch(JSON.stringify(recorder.lines), 'canary')
})

t.test('a configuration that could not work is refused', async t => {
  const realm = 'property "realm" validation failed: '
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string | RegExp]> = [
    [{ header: 'a b' }, 'invalid header: a b'],
    [{ header: '' }, 'invalid header: '],
    [{ header: 1 }, 'property "header" validation failed: wrong type: expected string, got number'],
    [{ hide_credentials: 'yes' }, 'property "hide_credentials" validation failed: wrong type: expected boolean, got string'],
    [{ anonymous_consumer: '' }, 'property "anonymous_consumer" validation failed: string too short, expected at least 1, got 0'],
    [{ realm: '' }, `${realm}string too short, expected at least 1, got 0`],
    [{ realm: 'r'.repeat(129) }, `${realm}string too long, expected at most 128, got 129`]
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('key-auth', conf), complaint)
  for (const bad of ['a"b', 'a\\b', 'a\r\nb', 'ä']) t.match(await complaintAbout('key-auth', { realm: bad }), /^property "realm" validation failed: failed to match pattern /)
  t.equal(await complaintAbout('key-auth', { realm: '[a] ~!#', header: '$env://HEADER' }), undefined)
})
