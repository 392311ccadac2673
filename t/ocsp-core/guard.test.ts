import t from 'tap'
import { createUrlBudget, judgeUrl, type ResolvedAddress, type UrlGuard } from '@clinch/ocsp-core'
import { clientFor, responderFor, told } from './asking.ts'

const judged = (url: string, guard: UrlGuard = {}): string => {
  const judgement = judgeUrl(url, guard)
  return judgement.kind === 'allowed' ? 'allowed' : judgement.detail
}
const resolvingTo = (...addresses: string[]) => async (): Promise<ResolvedAddress[]> =>
  addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))

t.test('80. an address that is not globally reachable is URL_REFUSED, in whatever notation', async t => {
  const hosts = [
    '127.0.0.1', '127.1.2.3', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255',
    '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '192.0.0.1', '240.0.0.1',
    '[::1]', '[::]', '[::ffff:10.0.0.1]', '[::ffff:a00:1]', '[::10.0.0.1]', '[64:ff9b::a00:1]', '[64:ff9b:1::1]', '[2002:a00:1::1]', '[2001::1]',
    '[fe80::1]', '[fc00::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[100::1]', '[4000::1]',
    '0x7f000001', '2130706433', '0177.0.0.1', '127.1', '0x7f.1', '127.0.0.1.', '8.8.8.010', '134744072'
  ]
  const client = clientFor(t, { guard: {} })
  for (const host of hosts) {
    t.not(judged(`http://${host}/`), 'allowed', host)
    t.match(await told(client, `http://${host}/`, { guarded: true }), /^URL_REFUSED/, host)
  }
  for (const host of ['8.8.8.8', '[2606:4700::1111]', 'ocsp.example.org']) t.equal(judged(`http://${host}/`), 'allowed', host)
})

t.test('80. a name that resolves to such an address is URL_REFUSED and no packet is sent', async t => {
  const responder = await responderFor(t)
  const guard = { ports: [responder.port] }
  const url = `http://ocsp.test:${responder.port}/`
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1']) {
    t.equal(await told(clientFor(t, { guard, resolve: resolvingTo(address) }), url, { guarded: true }), 'URL_REFUSED: ocsp.test resolves to an address out of bounds')
  }
  t.match(await told(clientFor(t, { guard, resolve: resolvingTo('8.8.8.8', '127.0.0.1') }), url, { guarded: true }), /^URL_REFUSED/, 'one bad address condemns the name')
  t.match(await told(clientFor(t, { guard }), `http://localhost:${responder.port}/`, { guarded: true }), /^URL_REFUSED/)
  t.match(await told(clientFor(t), url.replace('ocsp.test', '127.0.0.1'), { guarded: true }), /^URL_REFUSED/, 'without a guard of its own the public rules hold')
  t.equal(responder.count, 0)
  t.equal(await told(clientFor(t, { guard }), responder.url), 'answer', 'what the operator says passes')
})

t.test('81. of a name that answers differently each time, the address that was checked is the one connected to', async t => {
  const responder = await responderFor(t)
  const answers = ['127.0.0.1', '127.0.0.9']
  const asked: string[] = []
  const resolve = async (host: string): Promise<ResolvedAddress[]> => {
    asked.push(host)
    return [{ address: answers.shift() ?? '127.0.0.9', family: 4 }]
  }
  const guard = { allowList: ['rebinding.test', '127.0.0.1'], ports: [responder.port] }
  t.equal(await told(clientFor(t, { guard, resolve }), `http://rebinding.test:${responder.port}/`, { guarded: true }), 'answer')
  t.same(asked, ['rebinding.test'], 'resolved once')
  t.equal(responder.requests[0]?.headers.host, `rebinding.test:${responder.port}`)
})

t.test('83. distinct URLs are limited per key and minute', t => {
  const budget = createUrlBudget({ perMinute: 3, maxKeys: 2 })
  const allowed = Array.from({ length: 1000 }, (_, i) => budget.allows('client', `http://h${i}.test/`, 0)).filter(Boolean)
  t.equal(allowed.length, 3)
  t.equal(budget.allows('client', 'http://h0.test/', 59_999), true, 'one of the three is free')
  t.equal(budget.allows('other', 'http://h9.test/', 0), true, 'others have their own')
  t.equal(budget.allows('client', 'http://h9.test/', 60_000), true, 'the next minute is new')
  t.equal(budget.allows('client', 'http://h10.test/', -1), true, 'and so is a clock that went back')
  t.equal(budget.allows('third', 'http://h9.test/', 0), true, 'keys are bounded')
  t.equal(createUrlBudget().allows('client', 'http://h.test/', 0), true)
  t.end()
})

t.test('scheme, port, userinfo, host and length are limited', t => {
  const refused = [
    'ftp://ocsp.test/', 'ldap://ocsp.test/', 'file:///etc/passwd', 'javascript:alert(1)', 'http:///x', 'http://', 'http:ocsp.test', 'http:\\\\ocsp.test\\',
    'http://user@ocsp.test/', 'http://user:pass@ocsp.test/', 'http://ocsp.test:8080/', 'http://ocsp.test:22/', 'http://ocsp.test:99999/', 'http://ocsp.test/a b',
    'http://ocsp.test/\n', ' http://ocsp.test/', 'http://ocsp.test\\@evil.test/', `http://ocsp.test/${'x'.repeat(2048)}`, 'http://１２７.0.0.1/', 'http://[::1', ''
  ]
  for (const url of refused) t.not(judged(url), 'allowed', url)
  for (const url of ['http://ocsp.test', 'HTTPS://OCSP.test:443/x?y#z', 'http://ocsp.test:80/', 'http://ocsp.test./']) t.equal(judged(url), 'allowed', url)
  t.equal(judged('http://ocsp.test:8080/', { ports: [8080] }), 'allowed')
  t.equal(judged('http://ocsp.test/', { mode: 'off' }), 'URLs out of certificates are not asked')
  t.notMatch(judged('http://ocsp.test:8080/secret'), /secret/, 'the path is not told')
  t.end()
})

t.test('an allow list names hosts, domains, ports and paths', t => {
  const cases: [string, string, boolean][] = [
    ['ocsp.test', 'http://ocsp.test/', true],
    ['OCSP.test', 'http://ocsp.test./any', true],
    ['ocsp.test', 'http://a.ocsp.test/', false],
    ['*.test', 'http://a.b.test/', true],
    ['*.test', 'http://test/', false],
    ['*.test', 'http://eviltest/', false],
    ['ocsp.test', 'http://ocsp.test:8080/', false],
    ['ocsp.test:8080', 'http://ocsp.test:8080/', true],
    ['ocsp.test:8080', 'http://ocsp.test/', false],
    ['ocsp.test/ocsp', 'http://ocsp.test/ocsp', true],
    ['ocsp.test/ocsp', 'http://ocsp.test/ocsp/x', true],
    ['ocsp.test/ocsp', 'http://ocsp.test/ocspx', false],
    ['ocsp.test/ocsp/', 'http://ocsp.test/ocsp/x', true],
    ['ocsp.test/ocsp', 'http://ocsp.test/ocsp/../admin', false],
    ['10.0.0.7', 'http://10.0.0.7/', true],
    ['10.0.0.7', 'http://10.0.0.8/', false],
    ['ocsp.test', 'http://10.0.0.7/', false],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/', true],
    ['[::1]:8080', 'http://[::1]:8080/', true],
    ['0:0:0:0:0:0:0:1', 'http://[::1]/', false],
    ['what is this', 'http://ocsp.test/', false]
  ]
  for (const [entry, url, allowed] of cases) t.equal(judged(url, { allowList: [entry] }) === 'allowed', allowed, `${entry}: ${url}`)
  t.equal(judged('http://ocsp.test/', { mode: 'allowList' }), 'not on the allow list: ocsp.test', 'an empty list allows nothing')
  t.end()
})

t.test('public with a list: what is on it by its rules, the rest by those of the internet', t => {
  const guard: UrlGuard = { mode: 'public', allowList: ['private.test:8080/ocsp', '*.corp.test', '10.0.0.7:8080', '127.0.0.1'] }
  const mayConnect = (url: string, address: string): boolean => {
    const judgement = judgeUrl(url, guard)
    return judgement.kind === 'allowed' && judgement.mayConnect(address)
  }
  const cases: [url: string, allowed: boolean][] = [
    ['http://other.test/', true],
    ['http://other.test:8080/', false],
    ['http://10.0.0.7:8080/', true],
    ['http://10.0.0.7/', false],
    ['http://127.0.0.1/', true],
    ['http://10.0.0.8:8080/', false],
    ['http://private.test:8080/ocsp', true],
    ['http://private.test:8080/admin', false],
    ['http://private.test/', true]
  ]
  for (const [url, allowed] of cases) t.equal(judged(url, guard) === 'allowed', allowed, url)
  t.equal(mayConnect('http://private.test:8080/ocsp', '10.1.2.3'), true, 'listed: on a private network')
  t.equal(mayConnect('http://a.corp.test/', '192.168.0.1'), true)
  t.equal(mayConnect('http://private.test/', '10.1.2.3'), false, 'off its port and path it is any host')
  t.equal(mayConnect('http://other.test/', '10.1.2.3'), false)
  t.equal(mayConnect('http://other.test/', '127.0.0.1'), false, 'an address that is listed is so for those on the list')
  t.equal(mayConnect('http://other.test/', '8.8.8.8'), true)
  t.end()
})

t.test('a listed host may resolve to private addresses, to loopback and link-local only if these are listed', async t => {
  const may = (address: string, ...allowList: string[]): boolean => {
    const judgement = judgeUrl('http://ocsp.test/', { allowList: ['ocsp.test', ...allowList] })
    return judgement.kind === 'allowed' && judgement.mayConnect(address)
  }
  for (const address of ['8.8.8.8', '10.0.0.1', '192.168.1.1', '100.64.0.1', 'fc00::1']) t.equal(may(address), true, address)
  for (const address of ['127.0.0.1', '169.254.169.254', '::1', 'fe80::1', '::ffff:10.0.0.1', '0.0.0.0', '224.0.0.1', 'nonsense']) t.equal(may(address), false, address)
  t.equal(may('127.0.0.1', '127.0.0.1'), true)
  t.equal(may('::1', 'localhost'), true)
  t.equal(may('169.254.169.254', 'localhost'), false)
  const judgement = judgeUrl('http://ocsp.test/', { mode: 'public' })
  t.equal(judgement.kind === 'allowed' && judgement.mayConnect('nonsense'), false)
})

t.test('a question may bring the guard of its CA', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t, { guard: { mode: 'off' } })
  t.match(await told(client, responder.url, { guarded: true }), /^URL_REFUSED/)
  t.equal(await told(client, responder.url, { guarded: { allowList: [`127.0.0.1:${responder.port}`] } }), 'answer')
})
