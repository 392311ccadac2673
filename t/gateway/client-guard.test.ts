import t from 'tap'
import type { ClientVerdict } from '@clinch/plugins'
import { ClientWorld, minuteMs } from './client-world.ts'

const codeOf = (verdict: ClientVerdict): string => verdict.kind === 'indeterminate' ? verdict.code : verdict.kind
const refused = 'OCSP_ERR_URL_REFUSED'

t.test('client AIA to 127.0.0.1, 10/8, 169.254.169.254, [::1], [::ffff:10.0.0.1], 0x7f000001, a name resolving there: refused, no packet sent', async t => {
  const world = await ClientWorld.create(t, { attr: { aia_allow: [] } })
  const { port } = world.responder
  const hosts = [`127.0.0.1:${port}`, '127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]', '0x7f000001', '2130706433', 'localhost', `localhost:${port}`]
  for (const host of hosts) {
    const verdict = await world.check(world.issue('good', { ocspUris: [`http://${host}/private/path`] }))
    t.match(verdict, { kind: 'indeterminate', code: refused }, host)
    t.notMatch(JSON.stringify(verdict), 'private/path', host)
  }
  t.equal(world.responder.count, 0)
  t.equal(codeOf(await world.check(world.issue(), { responder: world.responder.url })), 'good', 'what is configured passes')
})

t.test('the allow list names hosts, ports and path prefixes', async t => {
  const world = await ClientWorld.create(t)
  const { url, port } = world.responder
  const at = async (uri: string, aiaAllow: readonly string[], aia?: string): Promise<string> => {
    const other = await ClientWorld.create(t, { attr: { aia_allow: aiaAllow, ...(aia === undefined ? {} : { aia }) } })
    const client = other.issue('good', { ocspUris: [uri.replace(String(port), String(other.responder.port))] })
    return codeOf(await other.check(client))
  }
  t.equal(codeOf(await world.check(world.issue())), 'good', 'listed with its port')
  t.equal(await at(url, ['127.0.0.1']), refused, 'without a port only 80 and 443')
  t.equal(await at(url, ['*.example.org', '10.0.0.7:8080']), refused)
  t.equal(await at(url, ['127.0.0.1:1'], 'public'), refused)
  t.equal(await at(url, ['127.0.0.1:1'], 'off'), refused)
  const both = await ClientWorld.create(t, { attr: { aia: 'public' } })
  t.equal(codeOf(await both.check(both.issue())), 'good', 'public lets pass what is listed besides')
  const narrow = await ClientWorld.create(t, { attr: { aia_allow: [] } })
  t.equal(codeOf(await narrow.check(narrow.issue())), refused)
})

t.test('thousands of client certificates with distinct AIA hosts: limited', async t => {
  const world = await ClientWorld.create(t)
  const key = world.issue().privateKey
  const clientAt = (n: number) => world.issue('good', { key, ocspUris: [`${world.responder.url}/${n}`] })
  const codes = new Map<string, number>()
  for (let n = 0; n < 2000; n++) {
    const code = codeOf(await world.check(clientAt(n)))
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  t.same(codes, new Map([['good', 60], [refused, 1940]]))
  t.equal(world.responder.count, 60)

  await t.test('for one CA, from whatever address', async t => {
    t.equal(codeOf(await world.check(clientAt(3000), { peerAddress: '198.51.100.7' })), refused)
  })
  await t.test('a URL that was asked in this minute costs nothing', async t => {
    t.equal(codeOf(await world.check(clientAt(1))), 'good')
  })
  await t.test('and in the next minute there is room again', async t => {
    world.clock.ms += minuteMs
    t.equal(codeOf(await world.check(clientAt(3001))), 'good')
  })
})
