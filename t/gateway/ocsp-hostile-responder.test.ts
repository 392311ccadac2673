import t, { type Test } from 'tap'
import { createOcspResponder, type Lie, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { shakeHands, stapledStatus } from '../support/staple-client.ts'
import { createWorld as createClientWorld, get } from './client-gateway.ts'

// The rows of ocsp.md 13 that a responder can bring about by itself: what it does, and the code, without its prefix.
const lies: ReadonlyArray<readonly [what: string, lie: Lie, code: string]> = [
  ['1. a response for another serial', 'wrongSerial', 'CERT_ID_NOT_FOUND'],
  ['21. signed by a server certificate of the same CA', 'wrongSigner', 'SIGNER_NOT_AUTHORIZED'],
  ['34. one bit flipped in the signature', 'badSignature', 'SIGNATURE_INVALID'],
  ['40. thisUpdate in the future beyond the skew', 'notYetValid', 'NOT_YET_VALID'],
  ['41. nextUpdate past beyond the skew', 'expired', 'EXPIRED'],
  ['42. nextUpdate missing', 'noNextUpdate', 'NEXT_UPDATE_MISSING'],
  ['63. malformedRequest', 'malformedRequest', 'STATUS_MALFORMED_REQUEST'],
  ['63. internalError', 'internalError', 'STATUS_INTERNAL_ERROR'],
  ['63. tryLater', 'tryLater', 'STATUS_TRY_LATER'],
  ['63. sigRequired', 'sigRequired', 'STATUS_SIG_REQUIRED'],
  ['63. unauthorized', 'unauthorized', 'STATUS_UNAUTHORIZED'],
  ['64. responseStatus 0 without responseBytes', { body: Buffer.from('30030a0100', 'hex') }, 'MALFORMED'],
  ['66. 10,000 nested SEQUENCEs', { body: Buffer.from('3080'.repeat(10_000), 'hex') }, 'MALFORMED'],
  ['67. octets that are no response', 'garbage', 'MALFORMED'],
  ['67. a response that is cut off', 'truncated', 'MALFORMED'],
  ['68. 65 KiB with Content-Length', 'oversized', 'TOO_LARGE'],
  ['68. 65 KiB chunked', 'oversizedChunked', 'TOO_LARGE'],
  ['68. an endless body', 'endless', 'TOO_LARGE'],
  ['69. a body octet by octet', 'drip', 'RESPONDER_TIMEOUT'],
  ['69. a head octet by octet', 'dripHeader', 'RESPONDER_TIMEOUT'],
  ['69. accepts and says nothing', 'hang', 'RESPONDER_TIMEOUT'],
  ['70. a body shorter than Content-Length', 'cutOff', 'BODY_INCOMPLETE'],
  ['70. an empty body', 'empty', 'BODY_INCOMPLETE'],
  ['70. a reset midway', 'resetMidway', 'BODY_INCOMPLETE'],
  ['71. a redirect to 169.254.169.254', { status: 302, headers: { location: 'http://169.254.169.254/' } }, 'HTTP_STATUS'],
  ['72. 200 with text/html', 'wrongContentType', 'CONTENT_TYPE'],
  ['72. no Content-Type', 'noContentType', 'CONTENT_TYPE'],
  ['73. gzip', 'gzip', 'CONTENT_ENCODING'],
  ['74. 204', { status: 204 }, 'HTTP_STATUS'],
  ['74. 404', { status: 404 }, 'HTTP_STATUS'],
  ['74. 429 with an absurd Retry-After', { status: 429, headers: { 'retry-after': '99999999999' } }, 'HTTP_STATUS'],
  ['74. 503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }, 'HTTP_STATUS']
]

t.test('whatever a responder does: what it sends is never stapled, and the staple that is held stays in use', async t => {
  const { authority, responder, gateway } = await createWorld(t)
  const held = authority.issue({ sans: ['held.test'], ocspUris: [responder.url] })
  await put(gateway, 'held', held)
  const before = await shakeHands(gateway.httpsPort, 'held.test')
  t.equal(stapledStatus(before, authority), 'good')

  for (const [what, lie, code] of lies) {
    await t.test(`${what}: ${code}`, async t => {
      responder.lie(lie)
      t.teardown(() => responder.lie(undefined))
      await put(gateway, 'fresh', authority.issue({ sans: ['fresh.test'], ocspUris: [responder.url] }))
      await Promise.all([
        until(async () => await lastError(gateway, 'fresh') !== undefined),
        gateway.admin('POST', 'ocsp/staples/held/refresh')
      ])
      t.equal(await lastError(gateway, 'fresh'), `OCSP_ERR_${code}`)
      t.equal(await lastError(gateway, 'held'), `OCSP_ERR_${code}`)
      t.equal((await shakeHands(gateway.httpsPort, 'fresh.test')).stapleDer, undefined, 'served bare')
      t.same((await shakeHands(gateway.httpsPort, 'held.test')).stapleDer, before.stapleDer, 'the very same staple')
      t.equal((await gateway.admin('DELETE', 'ssls/fresh')).status, 200)
    })
  }

  await t.test('72. a Content-Type in capitals with parameters: accepted', async t => {
    responder.lie('shoutedContentType')
    await put(gateway, 'fresh', authority.issue({ sans: ['fresh.test'], ocspUris: [responder.url] }))
    t.equal(stapledStatus(await shakeHands(gateway.httpsPort, 'fresh.test'), authority), 'good')
  })
})

t.test('whatever a responder does: a client with no verdict gets no further in hard mode, and its code is in the log', async t => {
  const world = await createClientWorld(t, { workers: 1, route: { timeout: 0.5 } })
  const { authority, responder, gateway, upstream } = world
  const newClient = () => {
    const { certPem, keyPem } = authority.issue({ subject: 'client', ocspUris: [responder.url] })
    return { cert: certPem + authority.certPem, key: keyPem }
  }
  for (const [what, lie, code] of lies) {
    await t.test(`${what}: ${code}`, async t => {
      responder.lie(lie)
      const [client, passed, from] = [newClient(), upstream.requests(), gateway.output.length]
      t.equal((await get(world, client)).status, 503)
      t.equal(upstream.requests(), passed, 'nothing was forwarded')
      await until(() => gateway.output.slice(from).includes(`"code":"OCSP_ERR_${code}"`), () => gateway.output.slice(from))
      responder.lie(undefined)
      t.equal((await get(world, newClient())).status, 200, 'the next client is none the worse')
    })
  }
})

t.test('69. one octet per second; header drip; accepts and says nothing: others unaffected', async t => {
  const { authority, responder: slow, gateway } = await createWorld(t, { responder_timeout: 10, first_staple_wait: 0 })
  const quick = await createOcspResponder({ authority })
  t.teardown(async () => await quick.close())
  for (const [at, lie] of (['drip', 'dripHeader', 'hang', 'hang'] as const).entries()) {
    slow.lieOnce(lie)
    await put(gateway, `slow-${at}`, authority.issue({ sans: [`slow-${at}.test`], ocspUris: [slow.url] }))
  }
  for (let at = 4; at < 12; at++) await put(gateway, `slow-${at}`, authority.issue({ sans: [`slow-${at}.test`], ocspUris: [slow.url] }))
  await until(() => slow.count === 4)
  await put(gateway, 'quick', authority.issue({ sans: ['quick.test'], ocspUris: [quick.url] }))
  await until(async () => stapledStatus(await shakeHands(gateway.httpsPort, 'quick.test'), authority) === 'good', undefined, 3000)
  t.equal(slow.count, 4, 'as many as there are places for one responder')
})

interface World {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly gateway: TestGateway
}

async function createWorld (t: Test, attr: object = { responder_timeout: 1 }): Promise<World> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(async () => await responder.close())
  return { authority, responder, gateway: await TestGateway.start(t, { workers: 1, config: { plugin_attr: { 'ocsp-stapling': attr } } }) }
}

async function put (gateway: TestGateway, id: string, leaf: Issued): Promise<void> {
  const { status, text } = await gateway.admin('PUT', `ssls/${id}`, { cert: leaf.chainPem, key: leaf.keyPem, sni: `${id}.test`, ocsp_stapling: { enabled: true } })
  if (status !== 201) throw new Error(text)
}

async function lastError (gateway: TestGateway, id: string): Promise<string | undefined> {
  const { body } = await gateway.admin('GET', `ocsp/staples/${id}`)
  const [shown] = (body['list'] ?? []) as unknown as ReadonlyArray<{ last_error?: { code: string } }>
  return shown?.last_error?.code
}
