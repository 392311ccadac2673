import { RemoteOcsp } from '@clinch/gateway'
import type { ClientVerdict } from '@clinch/plugins'
import t from 'tap'
import type { Issued } from '../support/pki.ts'
import { ClientWorld, hourMs } from './client-world.ts'

// As many as a worker remembers, and then some.
const flood = 10_500

t.test('92. cache full of good client statuses, then a revoked one, then a flood: revoked still known, whatever a worker forgot', async t => {
  const world = await ClientWorld.create(t, { limits: { maxStatuses: 100 } })
  const worker = new RemoteOcsp(question => {
    if (question.kind !== 'clientCheck') return
    world.checker.check(question.check).then(answer => worker.answer(question.check.requestId, answer), t.threw)
  }, () => world.clock.ms)
  const check = async ({ certificate }: Issued): Promise<ClientVerdict> => await worker.checkClient({
    certificate, issuers: [world.authority.certificate], responder: undefined, maxAgeMs: hourMs, deadlineMs: 2000, sslId: 'ssl1', peerAddress: '192.0.2.1'
  })
  const key = world.issue().privateKey
  for (let n = 0; n < 150; n++) t.equal((await check(world.issue('good', { key }))).kind, 'good')
  t.equal(world.checker.sizes.statuses, 100, 'full')
  const revoked = world.issue('revoked')
  t.equal((await check(revoked)).kind, 'revoked')

  // certificates without a responder take places too, and no question
  for (let n = 0; n < flood; n++) t.equal((await check(world.issue('good', { key, ocspUris: [] }))).kind, 'notApplicable')
  for (let n = 0; n < 150; n++) t.equal((await check(world.issue('good', { key }))).kind, 'good')
  t.equal(world.checker.sizes.statuses, 100)
  await world.responder.stop()
  t.match(await check(revoked), { kind: 'revoked', source: 'cache' })
})
