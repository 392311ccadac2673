import { staplePolicy, verifyResponse } from '@clinch/ocsp-core'
import { median } from '../measuring/median.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { cpuPerCallUs } from './cpu-per-call.ts'
import { buildOpensslVerify } from './openssl-verify.ts'
import { npmPeers } from './peers.ts'
import { makeQuestions, type Question } from './questions.ts'

export const ocspVerify: Scenario = {
  name: 'ocsp-core',
  measures: 'CPU for judging one OCSP response',
  needs: [],
  run
}

type Measure = (seconds: number) => Promise<number>

const share = 10 // a measurement of these small things needs a tenth of the time that a server needs
const absent = '-'

async function run (options: RunOptions): Promise<Report> {
  const peers = npmPeers(process.env['CLINCH_BENCH_NPM_PEERS'])
  const openssl = await buildOpensslVerify(options.scope)
  const rows: string[][] = []
  for (const question of makeQuestions()) {
    const [bare, ours, system, ...others] = await measureInTurns([
      inProcess(() => { mustBe(question.checkSignatures()) }),
      inProcess(() => { mustBe(judge(question)) }),
      openssl && (async seconds => await openssl(question, seconds)),
      ...await Promise.all(peers.map(async peer => inProcess(await peer.prepare(question))))
    ], options, question.title)
    rows.push([question.title, ...[bare, ours].map(formatUs), ratio(ours, bare), ...[system, ...others].map(formatUs)])
  }
  return {
    columns: ['response', 'bare signature checks', 'clinch', 'ratio', 'OpenSSL in C', ...peers.map(({ name, version }) => `${name} ${version}`)],
    rows,
    remarks: [
      'CPU in µs for one response: the median of the rounds.',
      'Bare: the same signatures with node:crypto, keys ready. OpenSSL: that of the system.',
      ...(peers.length === 0 ? ['npm\'s clients were left out, see bench/ocsp-core/README.md'] : ['easy-ocsp is told the delegate and does not ask who issued it; ocsp knows RSA only.'])
    ]
  }
}

const inProcess = (call: Parameters<typeof cpuPerCallUs>[0] | undefined): Measure | undefined =>
  call && (async seconds => await cpuPerCallUs(call, seconds))

function judge ({ der, leaf, authority }: Question): boolean {
  return verifyResponse({ der, certificate: leaf.certificate, issuer: authority.certificate, nowMs: Date.now(), policy: staplePolicy }).kind === 'good'
}

function mustBe (fine: boolean): void {
  if (!fine) throw new Error('a good response was refused')
}

// In turns, so that what disturbs the machine disturbs everybody; a first round that does not count warms up.
async function measureInTurns (measures: readonly (Measure | undefined)[], { seconds, rounds, note }: RunOptions, what: string): Promise<(number | undefined)[]> {
  const results = measures.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    note(`${what}: round ${round} of ${rounds}`)
    for (const [index, measure] of measures.entries()) {
      const us = await measure?.(seconds / share)
      if (us !== undefined && round > 0) results[index]?.push(us)
    }
  }
  return results.map(all => all.length === 0 ? undefined : median(all))
}

const formatUs = (us: number | undefined): string => us === undefined ? absent : us.toFixed(0)
const ratio = (a: number | undefined, b: number | undefined): string => a === undefined || b === undefined ? absent : (a / b).toFixed(2)
