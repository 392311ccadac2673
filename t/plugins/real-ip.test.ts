import t from 'tap'
import { recordLog } from '../support/log-recorder.ts'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

interface Case {
  readonly conf?: object
  readonly peer?: string
  /** The value of the variable `source`. */
  readonly value?: string
}

async function clientOf ({ conf = {}, peer = '10.0.0.1', value }: Case) {
  const recorder = recordLog()
  const source = 'source' in conf ? String(conf.source) : 'http_x_forwarded_for'
  const { rewrite } = await runPlugin('real-ip', { source, ...conf }, { recorder })
  let client: string | undefined
  const request = fakeRequest({
    peerAddress: peer,
    variables: value === undefined ? {} : { [source]: value },
    setClientAddress (address, port) { client = port === undefined ? address : `${address} ${port}` }
  })
  t.strictSame(await rewrite?.(request), { kind: 'continue' })
  return { client, lines: recorder.lines }
}

const proxies = { trusted_addresses: ['10.0.0.0/8', '2001:db8::/32'] }
const recursive = { ...proxies, recursive: true }

const clients: ReadonlyArray<readonly [behaviour: string, request: Case, client: string | undefined]> = [
  ['of X-Forwarded-For the last address counts', { value: '192.0.2.9, 192.0.2.1' }, '192.0.2.1'],
  ['a port comes along', { value: '192.0.2.9:1234' }, '192.0.2.9 1234'],
  ['an IPv6 address stands alone', { value: '2001:DB8::1' }, '2001:db8::1'],
  ['or in brackets with a port', { value: '[2001:db8::1]:443' }, '2001:db8::1 443'],
  ['or in brackets without', { value: '[2001:db8::1]' }, '2001:db8::1'],
  ['every spelling comes to the same address', { value: '2001:0db8:0000::0001' }, '2001:db8::1'],
  ['IPv4 in IPv6 is IPv4', { value: '::ffff:192.0.2.1' }, '192.0.2.1'],
  ['another source is taken as it is', { conf: { source: 'http_x_real_ip' }, value: '192.0.2.7' }, '192.0.2.7'],
  ['and is no list', { conf: { source: 'http_x_real_ip' }, value: '192.0.2.7, 192.0.2.8' }, undefined],
  ['an argument can be the source', { conf: { source: 'arg_realip' }, value: '192.0.2.7:80' }, '192.0.2.7 80'],
  ['a trusted peer is believed', { conf: proxies, value: '192.0.2.1' }, '192.0.2.1'],
  ['another one is not', { conf: proxies, peer: '11.0.0.1', value: '192.0.2.1' }, undefined],
  ['a trusted IPv6 peer is believed', { conf: proxies, peer: '2001:db8::5', value: '192.0.2.1' }, '192.0.2.1'],
  ['recursive: the last one that is not trusted', { conf: recursive, value: '1.1.1.1, 192.0.2.1, 10.0.0.3, 10.0.0.2' }, '192.0.2.1'],
  ['recursive: with ports too', { conf: recursive, value: '192.0.2.1:99, 10.0.0.3:1, [2001:db8::1]:2' }, '192.0.2.1 99'],
  ['recursive: what a client made up before is not reached', { conf: recursive, value: '10.0.0.9, 192.0.2.1' }, '192.0.2.1'],
  ['recursive: all trusted, then the first', { conf: recursive, value: '10.0.0.4, 10.0.0.3' }, '10.0.0.4'],
  ['recursive without a list takes the last', { conf: { recursive: true }, value: '10.0.0.4, 10.0.0.3' }, '10.0.0.3'],
  ['empty members of the list are none', { value: ', 192.0.2.1, ,' }, '192.0.2.1']
]
for (const [behaviour, request, client] of clients) {
  t.test(behaviour, async t => {
    t.equal((await clientOf(request)).client, client)
  })
}

const warnings: ReadonlyArray<readonly [request: Case, warning: object]> = [
  [{}, { msg: 'missing real address' }],
  [{ value: '' }, { msg: 'missing real address' }],
  [{ value: ' , ' }, { msg: 'missing real address' }],
  [{ value: 'unknown' }, { msg: 'bad address', value: 'unknown' }],
  [{ value: '999.0.0.1' }, { msg: 'bad address', value: '999.0.0.1' }],
  [{ value: '010.0.0.1' }, { msg: 'bad address', value: '010.0.0.1' }],
  [{ value: '[10.0.0.1]:80' }, { msg: 'bad address', value: '[10.0.0.1]:80' }],
  [{ value: '192.0.2.1:http' }, { msg: 'bad address', value: '192.0.2.1:http' }],
  [{ value: '192.0.2.1:0' }, { msg: 'bad port', value: 0 }],
  [{ value: '192.0.2.1:65536' }, { msg: 'bad port', value: 65536 }],
  [{ conf: recursive, value: '192.0.2.1, junk, 10.0.0.1' }, { msg: 'bad address', value: 'junk' }]
]
t.test('what is no address changes nothing, and a warning says so', async t => {
  for (const [request, warning] of warnings) {
    const { client, lines } = await clientOf(request)
    t.equal(client, undefined)
    t.match(lines, [{ level: 40, plugin: 'real-ip', peer: '10.0.0.1', ...warning }])
  }
})

t.test('of the same warning one comes a second, with the number of those that did not', async t => {
  const recorder = recordLog()
  let nowMs = 0
  const { rewrite } = await runPlugin('real-ip', { source: 'http_x_real_ip' }, { recorder, now: () => nowMs })
  for (let n = 0; n < 5; n++) await rewrite?.(fakeRequest())
  nowMs = 1000
  await rewrite?.(fakeRequest())
  t.match(recorder.lines, [{ skipped: 0 }, { skipped: 4 }])
  t.equal(recorder.lines.length, 2)
})

t.test('a configuration that could not work is refused', async t => {
  const cases: ReadonlyArray<readonly [conf: object, complaint: string | undefined]> = [
    [{}, 'property "source" is required'],
    [{ source: '' }, 'property "source" validation failed: string too short, expected at least 1, got 0'],
    [{ source: 'arg_x', trusted_addresses: [] }, 'property "trusted_addresses" validation failed: expect array to have at least 1 items'],
    [{ source: 'arg_x', trusted_addresses: ['300.0.0.1/8'] }, 'invalid ip address: 300.0.0.1/8'],
    [{ source: 'arg_x', trusted_addresses: ['127.0.0.0/24'] }, undefined]
  ]
  for (const [conf, complaint] of cases) t.equal(await complaintAbout('real-ip', conf), complaint)
})
