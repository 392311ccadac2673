import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { createWorld, dial, request, type World } from '../../t/gateway/client-gateway.ts'
import { percentile } from '../measuring/median.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'

export const ocspRefusal: Scenario = {
  name: 'ocsp-refusal',
  measures: 'from a revocation at the responder to the refusal of a connected client, cache_ttl 60',
  needs: [],
  run
}

const trialsInRound = 10
const cacheTtlMs = 60_000
const betweenRequestsMs = 100
const giveUpMs = 3 * cacheTtlMs

async function run ({ rounds, scope, note }: RunOptions): Promise<Report> {
  note('ocsp-refusal: starting the gateway')
  const world = await createWorld(scope as unknown as Test, { windowMs: 24 * 3_600_000 }) // its ssl has cache_ttl 60; it asks for `teardown` only
  const trials = rounds * trialsInRound
  let over = 0
  const timesMs = await Promise.all(Array.from({ length: trials }, async (_, at) => {
    const timeMs = await revokeWhileConnected(world, cacheTtlMs * at / trials) // at every age of what is known of a client
    note(`ocsp-refusal: ${++over} of ${trials} clients refused`)
    return timeMs
  }))
  return {
    columns: ['trials', 'least, s', 'p50, s', 'p99, s', 'most, s'],
    rows: [[String(trials), ...[0, 0.5, 0.99, 1].map(share => (percentile(timesMs, share) / 1000).toFixed(1))]],
    remarks: [
      `Each client has a certificate of its own and asks every ${betweenRequestsMs} ms on one kept connection; it is revoked 0 to 60 s after its first request. The response says good for a day.`,
      'Over when a request is answered with 403 or the connection is closed.'
    ]
  }
}

async function revokeWhileConnected (world: World, afterMs: number): Promise<number> {
  const { authority, responder } = world
  const client = authority.issue({ subject: 'client', ocspUris: [responder.url] })
  const { socket } = await dial(world, { credentials: { cert: client.certPem + authority.certPem, key: client.keyPem } })
  const ask = async (): Promise<number> => socket.destroyed ? 0 : await request(socket).catch(() => 0)
  if (await ask() !== 200) throw new Error('a good client was refused')
  const startedMs = performance.now()
  let revokedMs: number | undefined
  for (;;) {
    const nowMs = performance.now()
    if (revokedMs === undefined && nowMs - startedMs >= afterMs) {
      responder.revoke(client)
      revokedMs = nowMs
    }
    const status = await ask()
    if (status !== 200) {
      socket.destroy()
      if (revokedMs === undefined) throw new Error(`refused with ${status} before it was revoked`)
      return performance.now() - revokedMs
    }
    if (nowMs - startedMs > giveUpMs) throw new Error('a revoked client is served on and on')
    await sleep(betweenRequestsMs)
  }
}
