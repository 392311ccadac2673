import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createOcspResponder, type OcspResponder } from '../../t/support/ocsp-responder.ts'
import { createAuthority, type Authority } from '../../t/support/pki.ts'
import { residentMiB } from '../../t/support/resident-memory.ts'
import { shakeHands, stapledStatus } from '../../t/support/staple-client.ts'
import { storeSsls, type StoredSsls } from '../../t/support/stored-ssls.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { Scope } from '../scope.ts'

export const ocspMany: Scenario = {
  name: 'ocsp-many',
  measures: 'a start with 10,000 stapled ssl resources: time to ready, memory, questions to the responder',
  needs: [],
  run
}

const count = 10_000
const triedAtOnce = 100
const spanMs = 5000
const patienceMs = 300_000

interface Start {
  readonly readyMs: number
  readonly stapledShare: number
  readonly primaryMiB: number
  readonly workerMiB: number
}

async function run ({ scope, note }: RunOptions): Promise<Report> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority, windowMs: 24 * 3_600_000 })
  scope.teardown(async () => await responder.close())
  const folder = await mkdtemp(join(tmpdir(), 'clinch-bench-many-'))
  scope.teardown(async () => await rm(folder, { recursive: true, force: true }))

  note('ocsp-many: an empty gateway, to compare')
  const empty = await startOnce(await mkdtemp(join(folder, 'empty-')), authority)
  note(`ocsp-many: making ${count} certificates`)
  const ssls = await storeSsls(join(folder, 'data'), count, authority, () => responder.url)
  note('ocsp-many: a cold start')
  const [cold, warm] = await startColdAndWarm(folder, authority, responder, ssls, note)
  return {
    columns: ['start', 'ready after, s', 'first handshakes stapled', 'primary, MiB', 'a worker, MiB'],
    rows: [
      describe('without any ssl', empty),
      describe(`${count}, nothing on disk`, cold),
      describe('the same when all are fetched', { ...cold, ...cold.whenFetched }),
      describe(`${count}, all on disk, responder down`, warm)
    ],
    remarks: [
      `Ready: from the start of the process to the line that says that it runs, two workers. First handshakes: ${triedAtOnce} of them at that moment, each with another certificate.`,
      `Questions in each ${spanMs / 1000} s of the cold start: ${cold.questions.join(', ')}; at once at most ${responder.mostAtOnce}.`
    ]
  }
}

function describe (what: string, { readyMs, stapledShare, primaryMiB, workerMiB }: Start): string[] {
  return [what, (readyMs / 1000).toFixed(1), Number.isNaN(stapledShare) ? '-' : `${(stapledShare * 100).toFixed(0)} %`, primaryMiB.toFixed(0), workerMiB.toFixed(0)]
}

async function startOnce (folder: string, authority: Authority, ssls?: StoredSsls): Promise<Start> {
  await using scope = new Scope()
  return (await start(scope, folder, authority, ssls)).start
}

async function startColdAndWarm (folder: string, authority: Authority, responder: OcspResponder, ssls: StoredSsls, note: RunOptions['note']) {
  const cold = await startCold(folder, authority, responder, ssls, note)
  await responder.stop()
  note('ocsp-many: a warm start')
  return [cold, await startOnce(folder, authority, ssls)] as const
}

async function startCold (folder: string, authority: Authority, responder: OcspResponder, ssls: StoredSsls, note: RunOptions['note']) {
  await using scope = new Scope()
  const { clinch, start: cold, stapledAt } = await start(scope, folder, authority, ssls)
  const giveUp = performance.now() + patienceMs
  while (responder.count < count) {
    if (performance.now() > giveUp) throw new Error(`${responder.count} of ${count} fetched after ${patienceMs / 1000} s`)
    note(`ocsp-many: ${responder.count} of ${count} fetched`)
    await sleep(500)
  }
  await sleep(1000) // the last answers are on their way
  const [firstMs = 0] = responder.requests.map(({ atMs }) => atMs)
  const questions: number[] = []
  for (const { atMs } of responder.requests) {
    const span = Math.floor((atMs - firstMs) / spanMs)
    questions[span] = (questions[span] ?? 0) + 1
  }
  return { ...cold, questions, whenFetched: { ...memoryOf(clinch), stapledShare: await stapledAt() } }
}

async function start (scope: Scope, folder: string, authority: Authority, ssls: StoredSsls | undefined) {
  const startedMs = performance.now()
  const clinch = await startClinch(scope, { workers: 2, folder })
  const readyMs = performance.now() - startedMs
  const stapledAt = async (): Promise<number> => {
    if (ssls === undefined) return Number.NaN
    const all = await Promise.all(Array.from({ length: triedAtOnce }, async (_, at) => await shakeHands(clinch.gateway.httpsPort, ssls.nameOf(at * Math.floor(count / triedAtOnce)))))
    return all.filter(handshake => stapledStatus(handshake, authority) === 'good').length / all.length
  }
  return { clinch, stapledAt, start: { readyMs, ...memoryOf(clinch), stapledShare: await stapledAt() } satisfies Start }
}

function memoryOf ({ gateway, workerPids }: Clinch): Pick<Start, 'primaryMiB' | 'workerMiB'> {
  return { primaryMiB: residentMiB(gateway.pid), workerMiB: Math.max(...workerPids.map(residentMiB)) }
}
