import { createOcspResponder } from '../../t/support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../../t/support/pki.ts'
import { shakeHands, stapledStatus } from '../../t/support/staple-client.ts'
import { percentile } from '../measuring/median.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { putStapled, shakeFirst } from './first-handshake.ts'

export const ocspHang: Scenario = {
  name: 'ocsp-hang',
  measures: 'handshakes while the responder takes questions and never answers, and while it is well',
  needs: [],
  run
}

type Times = Record<'held' | 'first' | 'later', number[]>

const handshakesInRound = 300
const newInRound = 4
const waitMs = 1000 // first_staple_wait

async function run ({ rounds, scope, note }: RunOptions): Promise<Report> {
  note('ocsp-hang: starting the gateway')
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority, windowMs: 24 * 3_600_000 })
  scope.teardown(async () => await responder.close())
  const clinch = await startClinch(scope, { workers: 2 })
  const issue = (name: string): Issued => authority.issue({ sans: [name], ocspUris: [responder.url] })
  await putStapled(clinch, 'held.test', issue('held.test'))
  await shakeFirst(clinch, 'held.test')

  const shakeTimes = async (name: string, count: number, expected: string): Promise<number[]> => {
    const timesMs: number[] = []
    for (let at = 0; at < count; at++) {
      const handshake = await shakeHands(clinch.gateway.httpsPort, name)
      const status = stapledStatus(handshake, authority)
      if (status !== expected) throw new Error(`${name}: ${status} where ${expected} was expected`)
      timesMs.push(handshake.tookMs)
    }
    return timesMs
  }
  await shakeTimes('held.test', handshakesInRound, 'good') // warms up

  const times: Record<'well' | 'hanging', Times> = { well: { held: [], first: [], later: [] }, hanging: { held: [], first: [], later: [] } }
  for (let round = 0; round < rounds; round++) {
    for (const state of ['well', 'hanging'] as const) {
      note(`ocsp-hang: round ${round + 1} of ${rounds}, the responder is ${state}`)
      const refreshed = state === 'hanging' ? hang(clinch) : undefined
      for (let at = 0; at < newInRound; at++) {
        const name = `${state}-${round}-${at}.test`
        await putStapled(clinch, name, issue(name))
        times[state].first.push((await shakeFirst(clinch, name)).handshake.tookMs)
        times[state].later.push(...await shakeTimes(name, handshakesInRound / newInRound, state === 'well' ? 'good' : 'none'))
      }
      times[state].held.push(...await shakeTimes('held.test', handshakesInRound, 'good'))
      responder.release()
      await refreshed
    }
  }

  // a refresh of the certificate that is held hangs too
  function hang ({ gateway }: Clinch): Promise<unknown> {
    responder.hang()
    return gateway.admin('POST', 'ocsp/staples/held.test/refresh')
  }

  return {
    columns: ['handshakes, ms', 'p50', 'p99', 'most', 'p50, hanging', 'p99, hanging', 'most, hanging', 'how many each'],
    rows: ([['with a staple that is held', 'held'], ['the first with a new certificate', 'first'], ['those after it', 'later']] as const).map(([what, kind]) => [
      what, ...[times.well[kind], times.hanging[kind]].flatMap(all => [0.5, 0.99, 1].map(share => percentile(all, share).toFixed(1))), String(times.well[kind].length)
    ]),
    remarks: [
      'One client, one handshake after the other, two workers; first_staple_wait is its default, one second. Hanging: the new certificates go without a staple, the old one keeps its own.',
      `Each worker waits for itself: ${times.hanging.later.filter(ms => ms > waitMs / 2).length} of those after it were the first of the other worker.`
    ]
  }
}
