import t from 'tap'
import { createDnsServer } from '../support/dns-server.ts'
import { clientFor, responderFor, told } from './asking.ts'

t.test('76. a name that resolves to nothing is RESPONDER_DNS', async t => {
  t.match(await told(clientFor(t, { resolve: async () => [] }), 'http://ocsp.test/'), /^RESPONDER_DNS: ocsp\.test has no address/)
  t.match(await told(clientFor(t, { resolve: async () => { throw Object.assign(new Error('no'), { code: 'ENOTFOUND' }) } }), 'http://ocsp.test/'), /^RESPONDER_DNS: .*ENOTFOUND/)
  t.match(await told(clientFor(t), 'http://no-such-name.invalid/'), /^RESPONDER_DNS/)
})

t.test('76. of a dead and a live address the live one is used', async t => {
  const responder = await responderFor(t)
  const resolve = async (): Promise<{ address: string, family: 4 }[]> => ['127.0.0.2', '127.0.0.1'].map(address => ({ address, family: 4 }))
  const client = clientFor(t, { resolve })
  t.equal(await told(client, `http://ocsp.test:${responder.port}`), 'answer')
  t.equal(responder.requests[0]?.headers.host, `ocsp.test:${responder.port}`, 'with the name in Host')
})

t.test('76. a name with an IPv6 address only works', async t => {
  const responder = await responderFor(t, { host: '::1' }).catch(() => undefined)
  if (responder === undefined) {
    t.pass('there is no IPv6 here')
    return
  }
  const client = clientFor(t, { resolve: async () => [{ address: '::1', family: 6 }] })
  t.equal(await told(client, `http://ocsp.test:${responder.port}`), 'answer')
  t.equal(await told(clientFor(t), responder.url), 'answer', 'and so does the address itself')
})

t.test('76. a resolution that never ends is RESPONDER_TIMEOUT', async t => {
  t.equal(await told(clientFor(t, { deadlineMs: 50, resolve: async () => await new Promise(() => {}) }), 'http://ocsp.test/'), 'RESPONDER_TIMEOUT: timeout')
})

t.test('76. configured DNS servers are asked, and their answers remembered as long as they are valid', async t => {
  const dns = await createDnsServer(name => name === 'ocsp.test' ? { a: ['127.0.0.1'], ttl: 30 } : name === 'slow.test' ? 'silence' : {})
  t.teardown(async () => await dns.close())
  const responder = await responderFor(t)
  let now = 0
  const url = `http://ocsp.test:${responder.port}`
  const client = clientFor(t, { resolver: { servers: [dns.server], timeoutMs: 100 }, now: () => now })
  t.equal(await told(client, url), 'answer')
  const asked = dns.count
  now = 29_999
  t.equal(await told(client, url), 'answer')
  t.equal(dns.count, asked, 'remembered')
  now = 30_000
  t.equal(await told(client, url), 'answer')
  t.ok(dns.count > asked, 'asked again')
  t.match(await told(client, 'http://nobody.test/'), /^RESPONDER_DNS/)
  t.match(await told(client, 'http://slow.test/'), /^RESPONDER_DNS/)

  const longer = clientFor(t, { resolver: { servers: [dns.server], timeoutMs: 100, validMs: 3_600_000 }, now: () => now })
  await told(longer, url)
  const before = dns.count
  now += 3_599_999
  await told(longer, url)
  t.equal(dns.count, before, 'validMs takes the place of the TTL')
})
