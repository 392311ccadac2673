import type { Test } from 'tap'
import type { TLSSocket } from 'node:tls'
import { createWorld, dial, request } from '../../t/gateway/client-gateway.ts'
import { createOcspResponder } from '../../t/support/ocsp-responder.ts'
import { createAuthority } from '../../t/support/pki.ts'
import { shakeHands, stapledStatus } from '../../t/support/staple-client.ts'
import { startClinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'
import { putStapled, shakeFirst } from './first-handshake.ts'

export const ocspFanIn: Scenario = {
  name: 'ocsp-fan-in',
  measures: 'how many questions a responder gets from two workers and many handshakes',
  needs: [],
  run
}

const handshakes = 1000
const sideBySide = 50
const workers = 2

async function run ({ scope, note }: RunOptions): Promise<Report> {
  return {
    columns: ['', 'handshakes', 'questions'],
    rows: [...await countStapleQuestions(scope, note), ...await countClientQuestions(scope, note)],
    remarks: [`${workers} workers, ${sideBySide} handshakes side by side. The goal is one question for a certificate and refresh.`]
  }
}

async function countStapleQuestions (scope: Scope, note: RunOptions['note']): Promise<string[][]> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  scope.teardown(async () => await responder.close())
  const clinch = await startClinch(scope, { workers })
  const shakeAll = async (): Promise<void> => {
    for (let done = 0; done < handshakes; done += sideBySide) {
      const all = await Promise.all(Array.from({ length: sideBySide }, async () => await shakeHands(clinch.gateway.httpsPort, 'test.com')))
      if (!all.every(handshake => stapledStatus(handshake, authority) === 'good')) throw new Error('not every handshake was stapled')
    }
  }
  note('ocsp-fan-in: one fresh certificate')
  responder.delay(100)
  await putStapled(clinch, 'test.com', authority.issue({ sans: ['test.com'], ocspUris: [responder.url] }))
  await shakeFirst(clinch, 'test.com')
  await shakeAll()
  const first = responder.count
  note('ocsp-fan-in: a refresh under way')
  const refreshed = Promise.all(Array.from({ length: 10 }, async () => await clinch.gateway.admin('POST', 'ocsp/staples/test.com/refresh'))) // ten operators at once
  await shakeAll()
  await refreshed
  return [['one certificate from its PUT on', String(handshakes), String(first)], ['its refresh, asked for by ten at once', String(handshakes), String(responder.count - first)]]
}

async function countClientQuestions (scope: Scope, note: RunOptions['note']): Promise<string[][]> {
  note('ocsp-fan-in: one unknown client')
  const world = await createWorld(scope as unknown as Test, { workers }) // it asks for `teardown` only
  world.responder.delay(100)
  const before = world.responder.count
  const sockets: TLSSocket[] = []
  while (sockets.length < handshakes) sockets.push(...(await Promise.all(Array.from({ length: sideBySide }, async () => await dial(world)))).map(({ socket }) => socket))
  const statuses = await Promise.all(sockets.map(async socket => await request(socket)))
  for (const socket of sockets) socket.destroy()
  if (!statuses.every(status => status === 200)) throw new Error('not every request was served')
  return [['one client certificate that nobody knew, all requests at once', String(handshakes), String(world.responder.count - before)]]
}
