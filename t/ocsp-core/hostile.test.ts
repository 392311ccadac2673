import t, { type Test } from 'tap'
import fc from 'fast-check'
import { once } from 'node:events'
import { type AddressInfo, createServer, isIP } from 'node:net'
import { judgeUrl, ocspErrors, parseCertificate, respondersFor } from '@clinch/ocsp-core'
import { ca, clientFor, leaf, request } from './asking.ts'

t.test('whatever an AIA says, four http URIs at most come out of it', t => {
  const uri = fc.oneof(fc.webUrl(), fc.string({ maxLength: 40 }), fc.constantFrom('ldap://x', 'http://', 'http://a.test', 'HTTPS://b.test/'))
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(uri, { maxLength: 8 }), ocspUris => {
    const responders = respondersFor(parseCertificate(ca.issue({ key: leaf.privateKey, ocspUris }).certDer))
    return responders.length <= 4 && responders.every(responder => /^https?:\/\//i.test(responder))
  }), { numRuns: 300 }))
  t.end()
})

t.test('whatever a URL looks like, what passes the public guard is plain, and no address inside is connected to', t => {
  const host = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6().map(address => `[${address}]`), fc.domain(), fc.string({ maxLength: 20 }))
  const inside = fc.oneof(
    fc.nat({ max: 2 ** 24 - 1 }).map(low => `10.${low >> 16}.${(low >> 8) & 255}.${low & 255}`),
    fc.nat({ max: 2 ** 16 - 1 }).map(low => `169.254.${low >> 8}.${low & 255}`),
    fc.ipV4().map(address => `::ffff:${address}`), fc.constantFrom('::1', '127.0.0.1', 'fe80::1', 'fd12::1')
  )
  t.doesNotThrow(() => fc.assert(fc.property(fc.constantFrom('http://', 'https://', 'HTTP://', 'ftp://', ''), host, fc.string({ maxLength: 20 }), inside, (scheme, name, rest, address) => {
    const judged = judgeUrl(`${scheme}${name}/${rest}`, {})
    if (judged.kind === 'refused') return true
    const { protocol, username, hostname } = judged.url
    const notation = isIP(hostname) === 0 || name.toLowerCase() === hostname
    return /^https?:$/.test(protocol) && username === '' && notation && !judged.mayConnect(address)
  }), { numRuns: 2000 }))
  t.end()
})

t.test('whatever a responder sends, the outcome is an answer within the limit or a failure with a code', async t => {
  const octets = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
  const line = fc.oneof(fc.constantFrom('Content-Type: application/ocsp-response', 'Content-Length: 10', 'Transfer-Encoding: chunked', 'Content-Encoding: gzip', 'Retry-After: 5', 'Location: http://127.0.0.1/'), fc.string({ maxLength: 30 }))
  const answer = fc.tuple(fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 503 Later', 'HTTP/1.0 302 Found', 'nonsense'), fc.array(line, { maxLength: 5 }), octets)
    .map(([status, lines, body]) => Buffer.concat([Buffer.from(`${[status, ...lines].join('\r\n')}\r\n\r\n`), body]))
  const server = await rawServer(t)
  const client = clientFor(t, { maxResponseBytes: 100 })
  await t.resolves(fc.assert(fc.asyncProperty(fc.oneof(answer, octets), async wire => {
    server.answer = wire
    const outcome = await client.ask(server.url, request)
    return outcome.kind === 'answer' ? outcome.der.length > 0 && outcome.der.length <= 100 : outcome.code in ocspErrors
  }), { numRuns: 300 }))
})

t.test('whatever Retry-After, Age and Cache-Control say, what is read of them is a bounded number', async t => {
  const server = await rawServer(t)
  const client = clientFor(t)
  const value = fc.oneof(fc.nat().map(String), fc.string({ maxLength: 30, unit: fc.constantFrom(...'0123456789 ,=-+.eEmaxgT"GMT:') }), fc.date({ noInvalidDate: true }).map(date => date.toUTCString()))
  const bounded = (ms: number | undefined): boolean => ms === undefined || (ms >= 0 && ms <= 365 * 24 * 3_600_000)
  await t.resolves(fc.assert(fc.asyncProperty(fc.boolean(), value, async (ok, text) => {
    const head = ok ? `200 OK\r\nContent-Type: application/ocsp-response\r\nCache-Control: max-age=${text}\r\nAge: ${text}` : `503 Later\r\nRetry-After: ${text}`
    server.answer = Buffer.from(`HTTP/1.1 ${head}\r\nContent-Length: 1\r\n\r\n0`)
    const outcome = await client.ask(server.url, request)
    return outcome.kind === 'answer' ? bounded(outcome.maxAgeMs) && bounded(outcome.ageMs) : bounded(outcome.retryAfterMs)
  }), { numRuns: 300 }))
})

// Answers every connection with the same octets, and ends it.
async function rawServer (t: Test): Promise<{ readonly url: string, answer: Buffer }> {
  const raw = { url: '', answer: Buffer.alloc(0) }
  const server = createServer(socket => { socket.on('error', () => {}).once('data', () => socket.end(raw.answer)) }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  raw.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // listening on TCP
  return raw
}
