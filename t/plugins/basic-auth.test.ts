import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { askAs, passedOn, unauthorized } from './ask-as.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

const held = { foo: { username: 'foo', password: 'bar' }, colon: { username: 'c', password: 'a:b' }, utf: { username: 'jürgen', password: 'grün ☂' }, empty: { username: '', password: '' }, open: { username: 'open', password: '' }, guest: {} }
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const answer = (message: string) => unauthorized('Basic realm="basic"', message)
const [missing, invalid, wrong] = [answer('Missing authorization in request'), answer('Invalid authorization in request'), answer('Invalid user authorization')]

const known: ReadonlyArray<readonly [behaviour: string, authorization: string, username: string]> = [
  ['name and password', basic('foo:bar'), 'foo'],
  ['the scheme in any case', basic('foo:bar').replace('Basic', 'bAsIc'), 'foo'],
  ['the scheme behind something', `x ${basic('foo:bar')}`, 'foo'],
  ['several spaces', basic('foo:bar').replace(' ', '   '), 'foo'],
  ['base64 without its padding', basic('foo:bar').replaceAll('=', ''), 'foo'],
  ['a password with a colon', basic('c:a:b'), 'colon'],
  ['UTF-8', basic('jürgen:grün ☂'), 'utf'],
  ['an empty password', basic('open:'), 'open'],
  ['a line end that a shell left', basic('foo:bar\n'), 'foo']
]

for (const [behaviour, authorization, username] of known) {
  t.test(`lets pass: ${behaviour}`, async t => {
    t.match(await askAs(await runPlugin('basic-auth', {}), held, { fields: ['Authorization', authorization] }), { response: undefined, consumer: username })
  })
}

const refused: ReadonlyArray<readonly [behaviour: string, fields: readonly string[], response: object]> = [
  ['nothing', [], missing],
  ['an empty field', ['Authorization', ''], invalid],
  ['another scheme', ['Authorization', 'Bearer Zm9vOmJhcg=='], invalid],
  ['a scheme alone', ['Authorization', 'Basic '], invalid],
  ['what is not base64', ['Authorization', 'Basic foo:bar'], invalid],
  ['base64 with something in it', ['Authorization', 'Basic Zm9v*OmJhcg=='], invalid],
  ['something behind the base64', ['Authorization', `${basic('foo:bar')} x`], invalid],
  ['a name without a colon', ['Authorization', basic('foo')], invalid],
  ['an unknown user', ['Authorization', basic('fool:bar')], wrong],
  ['a wrong password', ['Authorization', basic('foo:baz')], wrong],
  ['a part of the password', ['Authorization', basic('foo:ba')], wrong],
  ['more than the password', ['Authorization', basic('foo:bar:')], wrong],
  ['the part of a password before its colon', ['Authorization', basic('c:a')], wrong],
  ['white space around', ['Authorization', basic(' foo : bar ')], wrong],
  ['an empty name, whoever has one', ['Authorization', basic(':')], wrong],
  ['a text where the consumer has none', ['Authorization', basic('foo:undefined')], wrong],
  ['a second line that is right', ['Authorization', basic('foo:baz'), 'Authorization', basic('foo:bar')], wrong]
]

for (const [behaviour, fields, response] of refused) {
  t.test(`refuses ${behaviour}`, async t => {
    t.match(await askAs(await runPlugin('basic-auth', {}), held, { fields }), { response, consumer: undefined })
  })
}

t.test('hide_credentials takes Authorization out, for the anonymous consumer too', async t => {
  const phases = await runPlugin('basic-auth', { hide_credentials: true, anonymous_consumer: 'guest' })
  for (const [sent, consumer] of [['foo:bar', 'foo'], ['foo:baz', 'guest']] as const) {
    t.strictSame(passedOn(await askAs(phases, held, { fields: ['Authorization', basic(sent), 'X', '1'] })), { status: undefined, consumer, target: '/', fields: ['X', '1'] })
  }
  const open = await askAs(await runPlugin('basic-auth', {}), held, { fields: ['Authorization', basic('foo:bar')] })
  t.strictSame(open.fields, ['Authorization', basic('foo:bar')])
})

t.test('the log says why, and nothing of what was sent', async t => {
  const recorder = recordLog('debug')
  const phases = await runPlugin('basic-auth', {}, { recorder })
  for (const sent of ['canary', 'canary:x', 'foo:canary']) await askAs(phases, held, { fields: ['Authorization', basic(sent)] })
  t.strictSame(recorder.messages(40), ['failed to read Authorization: not Basic and a base64 text with a colon', 'failed to find user', 'failed to match password'])
  t.notMatch(JSON.stringify(recorder.lines), 'canary')
})

t.test('realm is checked and sent', async t => {
  t.match(await complaintAbout('basic-auth', { realm: '"' }), /^property "realm" validation failed: failed to match pattern /)
  const { response } = await askAs(await runPlugin('basic-auth', { realm: 'shop' }), held)
  t.strictSame(response?.headers, { 'WWW-Authenticate': 'Basic realm="shop"' })
})
