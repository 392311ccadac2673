import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const refusal = { status: 403, body: { message: 'Your IP address is not allowed' } }

const cases: ReadonlyArray<readonly [behaviour: string, conf: object, address: string, isRefused: boolean]> = [
  ['a listed address passes the whitelist', { whitelist: ['10.0.0.1'] }, '10.0.0.1', false],
  ['another does not', { whitelist: ['10.0.0.1'] }, '10.0.0.2', true],
  ['a network is a range', { whitelist: ['10.0.0.0/8'] }, '10.255.0.9', false],
  ['a network ends', { whitelist: ['10.0.0.0/8'] }, '11.0.0.1', true],
  ['host bits of a network do not matter', { whitelist: ['10.1.2.3/8'] }, '10.9.9.9', false],
  ['a blacklist refuses what it lists', { blacklist: ['192.0.2.0/24', '198.51.100.7'] }, '198.51.100.7', true],
  ['a blacklist lets others pass', { blacklist: ['192.0.2.0/24'] }, '192.0.3.1', false],
  ['IPv6 addresses are compared as numbers', { whitelist: ['2001:db8::1'] }, '2001:0DB8:0:0:0:0:0:1', false],
  ['IPv6 networks are ranges', { whitelist: ['2001:db8::/32'] }, '2001:db8:ffff::1', false],
  ['everything', { blacklist: ['0.0.0.0/0'] }, '203.0.113.9', true],
  ['everything of IPv4 says nothing of IPv6', { blacklist: ['0.0.0.0/0'] }, '2001:db8::1', false],
  ['an IPv4-mapped client is an IPv4 client', { blacklist: ['10.0.0.1'] }, '::ffff:10.0.0.1', true],
  ['in hexadecimal too', { blacklist: ['10.0.0.1'] }, '::ffff:a00:1', true],
  ['an IPv4-mapped entry is an IPv4 entry', { blacklist: ['::ffff:10.0.0.1'] }, '10.0.0.1', true],
  ['a link-local client may come with its zone', { whitelist: ['fe80::/10'] }, 'fe80::1%eth0', false],
  ['no address is on no whitelist', { whitelist: ['0.0.0.0/0', '::/0'] }, 'unix:', true],
  ['nor on a blacklist', { blacklist: ['0.0.0.0/0', '::/0'] }, '', false],
  ['an address in an odd notation is none', { whitelist: ['10.0.0.1'] }, '012.0.0.1', true]
]

for (const [behaviour, conf, remoteAddress, isRefused] of cases) {
  t.test(behaviour, async t => {
    const { access } = await runPlugin('ip-restriction', conf)
    t.strictSame(responseOf(await access?.(fakeRequest({ remoteAddress }))), isRefused ? refusal : undefined)
  })
}

t.test('the client address after real-ip counts, not that of the connection', async t => {
  const { access } = await runPlugin('ip-restriction', { whitelist: ['10.0.0.1'] })
  t.equal((await access?.(fakeRequest({ remoteAddress: '10.0.0.1', peerAddress: '203.0.113.1' })))?.kind, 'continue')
})

t.test('message and code of the refusal can be set', async t => {
  const { access } = await runPlugin('ip-restriction', { blacklist: ['::1'], message: 'who?', response_code: 404 })
  t.strictSame(responseOf(await access?.(fakeRequest({ remoteAddress: '::1' }))), { status: 404, body: { message: 'who?' } })
})

t.test('a configuration that could not work is refused', async t => {
  const item = (list: string) => `property "${list}" validation failed: failed to validate item 1: object matches none of the required`
  const complaints: ReadonlyArray<readonly [conf: unknown, complaint: string]> = [
    [{}, 'value should match only one schema, but matches none'],
    [{ whitelist: ['::1'], blacklist: ['::2'] }, 'value should match only one schema, but matches both schemas 1 and 2'],
    [{ whitelist: [] }, 'property "whitelist" validation failed: expect array to have at least 1 items'],
    [{ blacklist: ['example.com'] }, item('blacklist')],
    [{ blacklist: ['10.0.0.1/33'] }, item('blacklist')],
    [{ blacklist: ['10.0.0.1; drop'] }, item('blacklist')],
    [{ whitelist: ['::1', '300.0.0.1/8'] }, 'invalid ip address: 300.0.0.1/8'],
    [{ whitelist: ['::1/129'] }, 'invalid ip address: ::1/129'],
    [{ whitelist: ['1::2::3/8'] }, 'invalid ip address: 1::2::3/8'],
    [{ whitelist: ['::1'], response_code: 200 }, 'property "response_code" validation failed: matches none of the enum values'],
    [{ whitelist: ['::1'], message: '' }, 'property "message" validation failed: string too short, expected at least 1, got 0']
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('ip-restriction', conf), complaint)
})
