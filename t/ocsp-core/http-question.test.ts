import t from 'tap'
import { buildRequest } from '@clinch/ocsp-core'
import { ca, clientFor, request, responderFor, told } from './asking.ts'

t.test('77. GET is used up to 255 octets of URL, POST beyond and with a nonce', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  const encoded = encodeURIComponent(request.toString('base64')).length
  const room = 255 - responder.url.length - 2 - encoded
  t.ok(room > 0, 'there is room for a path')
  for (const [path, method] of [['x'.repeat(room), 'GET'], ['x'.repeat(room + 1), 'POST']] as const) {
    t.equal(await told(client, `${responder.url}/${path}`), 'answer')
    t.equal(responder.requests.at(-1)?.method, method, `${responder.url.length + 1 + path.length + (method === 'GET' ? 1 + encoded : 0)} octets`)
  }
  await told(client, responder.url, { nonceUsed: true })
  t.equal(responder.requests.at(-1)?.method, 'POST')
})

t.test('77. base64 is percent-encoded and joined with exactly one slash', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  const path = encodeURIComponent(request.toString('base64'))
  for (const [url, expected] of [['', `/${path}`], ['/', `/${path}`], ['/ocsp', `/ocsp/${path}`], ['/ocsp/', `/ocsp/${path}`]]) {
    await told(client, responder.url + url)
    t.match(responder.requests.at(-1), { method: 'GET', path: expected, der: request })
  }
  const awkward = Array.from({ length: 300 }, (_, i) => buildRequest({ certificate: ca.issue({ serial: '5' + i.toString(16).padStart(29 + 2 * (i % 4), '5'), key: ca.privateKey }).certificate, issuer: ca.certificate, hash: 'sha1' })).find(hasAll)
  if (awkward === undefined) throw new Error('no request with all of + / =')
  await client.ask(responder.url, awkward)
  t.notMatch(responder.requests.at(-1)?.path.slice(1), /[+/=]/)
  t.same(responder.requests.at(-1)?.der, awkward)
})

const hasAll = (der: Buffer): boolean => ['+', '/', '='].every(char => der.toString('base64').includes(char))

t.test('77. a URI with a query or a fragment is always POSTed', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  for (const [url, path] of [['/ocsp?ca=1', '/ocsp?ca=1'], ['/?x', '/?x'], ['/?', '/'], ['/#frag', '/']]) {
    t.equal(await told(client, responder.url + url), 'answer')
    t.match(responder.requests.at(-1), { method: 'POST', path, der: request })
  }
})

t.test('the headers are those of OCSP and no others', async t => {
  const responder = await responderFor(t)
  const client = clientFor(t)
  await told(client, responder.url)
  await told(client, responder.url, { nonceUsed: true, noCache: true })
  const [get, post] = responder.requests
  const always = { host: responder.url.slice(7), accept: 'application/ocsp-response', 'accept-encoding': 'identity', connection: 'keep-alive' }
  t.same(get?.headers, always)
  t.same(post?.headers, { ...always, 'content-type': 'application/ocsp-request', 'content-length': String(request.length), 'cache-control': 'no-cache' })
})

t.test('the hints of HTTP are handed on', async t => {
  const hinted = async (headers: Record<string, string>): Promise<unknown> => {
    const responder = await responderFor(t, { headers })
    return await clientFor(t).ask(responder.url, request)
  }
  t.match(await hinted({ 'cache-control': 'public, max-age=3600, no-transform', age: '600' }), { kind: 'answer', maxAgeMs: 3_600_000, ageMs: 600_000 })
  t.match(await hinted({ 'cache-control': 'max-age=60, no-cache' }), { maxAgeMs: undefined })
  t.match(await hinted({ 'cache-control': 'max-age=soon', age: '-1' }), { maxAgeMs: undefined, ageMs: undefined })
  t.match(await hinted({ 'cache-control': 'x-max-age=5' }), { maxAgeMs: undefined })
})
