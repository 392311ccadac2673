import t, { type Test } from 'tap'
import type { ResponseSpec } from '../support/ocsp-response.ts'
import { createOcspResponder, type OcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Authority, type Issued } from '../support/pki.ts'
import { TestGateway, until } from '../support/gateway.ts'
import { shakeHands, stapledStatus, type Handshake } from '../support/staple-client.ts'

const minuteMs = 60_000

t.test('49. older good replayed after revoked was seen: ignored, revoked stays', async t => {
  const { responder, leaf, refresh, shake, stateNow, backdate } = await createWorld(t)
  backdate(-10_000)
  responder.revoke(leaf)
  await refresh()
  t.equal((await shake()).stapleDer, undefined)
  t.equal(await stateNow(), 'revoked')

  responder.set(leaf, 'good')
  backdate(5 * minuteMs)
  await refresh()
  t.equal(await stateNow(), 'revoked')
  t.equal((await shake()).stapleDer, undefined, 'the replay is not stapled')

  await t.test('but a good that is newer lifts it', async t => {
    backdate(-30_000)
    await refresh()
    t.equal(await stateNow(), 'good')
    t.ok((await shake()).stapleDer)
  })
})

t.test('50. older good replayed after a newer good: ignored', async t => {
  const { authority, responder, refresh, shake, backdate } = await createWorld(t)
  const newer = await shake()
  backdate(5 * minuteMs)
  const before = responder.count
  await refresh()
  t.equal(responder.count, before + 1, 'it was asked, and answered with the older one')
  const after = await shake()
  t.same(after.stapleDer, newer.stapleDer)
  t.equal(stapledStatus(after, authority), 'good')
})

t.test('46. a window of some seconds: accepted and stapled; refreshed in time, no handshake is without', async t => {
  const { authority, responder, shake } = await createWorld(t, {
    shape: (spec: ResponseSpec) => ({ ...spec, entries: spec.entries.map(entry => ({ ...entry, thisUpdate: wholeSeconds(Date.now()), nextUpdate: wholeSeconds(Date.now()) + 10_000 })) })
  })
  const before = responder.count
  const statuses = new Set<string>()
  await until(async () => {
    statuses.add(stapledStatus(await shake(), authority))
    return responder.count > before && stapledStatus(await shake(), authority) === 'good'
  }, undefined, 30_000)
  t.same(statuses, new Set(['good']), 'all the way')
})

interface World {
  readonly authority: Authority
  readonly responder: OcspResponder
  readonly leaf: Issued
  /** Lets the responder's answers be older than they are; a negative number makes them newer. */
  readonly backdate: (ms: number) => void
  readonly refresh: () => Promise<void>
  readonly shake: () => Promise<Handshake>
  readonly stateNow: () => Promise<unknown>
}

async function createWorld (t: Test, options: Partial<Parameters<typeof createOcspResponder>[0]> = {}): Promise<World> {
  let olderMs = 0
  const authority = createAuthority()
  const responder = await createOcspResponder({
    authority,
    shape: spec => ({ ...spec, entries: spec.entries.map(entry => ({ ...entry, thisUpdate: Number(entry.thisUpdate) - olderMs })) }),
    ...options
  })
  t.teardown(async () => await responder.close())
  const leaf = authority.issue({ sans: ['test.com'], ocspUris: [responder.url] })
  const gateway = await TestGateway.start(t, { workers: 1 })
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'test.com', ocsp_stapling: { enabled: true } })
  const shake = async () => await shakeHands(gateway.httpsPort, 'test.com')
  t.equal(stapledStatus(await shake(), authority), 'good')
  return {
    authority,
    responder,
    leaf,
    backdate: ms => { olderMs = ms },
    refresh: async () => {
      const { status, text } = await gateway.admin('POST', 'ocsp/staples/1/refresh')
      if (status !== 200) throw new Error(text)
    },
    shake,
    stateNow: async () => {
      const { body } = await gateway.admin('GET', 'ocsp/staples/1')
      return (body['list'] as unknown as ReadonlyArray<{ state: string }>)[0]?.state
    }
  }
}

const wholeSeconds = (epochMs: number): number => Math.floor(epochMs / 1000) * 1000
