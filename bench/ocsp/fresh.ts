import { createOcspResponder } from '../../t/support/ocsp-responder.ts'
import { createAuthority } from '../../t/support/pki.ts'
import { createKey } from '../../t/support/signing.ts'
import { percentile } from '../measuring/median.ts'
import { startClinch } from '../peers/clinch.ts'
import { openssl } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { putStapled, shakeFirst } from './first-handshake.ts'
import { openOpensslJudge, type Presented } from './openssl-judge.ts'

export const ocspFresh: Scenario = {
  name: 'ocsp-fresh',
  measures: 'fresh certificates PUT one after the other and connected to at once: is the first handshake stapled?',
  needs: [openssl],
  run
}

const cases = [
  { title: 'a responder that answers at once', certificates: 1000, delayMs: 0 },
  { title: 'a responder that takes 200 ms', certificates: 200, delayMs: 200 }
] as const

async function run ({ scope, note }: RunOptions): Promise<Report> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority, delegate: authority.issueDelegate(), windowMs: 24 * 3_600_000 })
  scope.teardown(async () => await responder.close())
  const judge = await openOpensslJudge(scope, authority)
  const clinch = await startClinch(scope, { workers: 2 })
  const key = createKey('ec')
  const rows: string[][] = []
  for (const { title, certificates, delayMs } of cases) {
    responder.delay(delayMs)
    const timesMs: number[] = []
    const presented: Presented[] = []
    let tooEarly = 0
    for (let at = 0; at < certificates; at++) {
      if (at % 50 === 0) note(`ocsp-fresh: ${title}, ${at} of ${certificates}`)
      const name = `fresh-${delayMs}-${at}.test`
      const leaf = authority.issue({ sans: [name], key, ocspUris: [responder.url] })
      await putStapled(clinch, name, leaf)
      const { handshake, tooEarly: tries } = await shakeFirst(clinch, name)
      timesMs.push(handshake.tookMs)
      if (tries > 0) tooEarly++
      if (handshake.certificate?.fingerprint !== leaf.certificate.fingerprint) throw new Error(`${name}: another certificate was presented`)
      if (handshake.stapleDer !== undefined) presented.push({ leaf, stapleDer: handshake.stapleDer })
    }
    note(`ocsp-fresh: ${title}, OpenSSL judges ${presented.length} staples`)
    const good = await judge(presented)
    rows.push([title, String(certificates), String(presented.length), String(good), ...[0.5, 0.99, 1].map(share => percentile(timesMs, share).toFixed(1)), String(tooEarly)])
  }
  return {
    columns: ['', 'certificates', 'stapled', 'good by OpenSSL', 'p50, ms', 'p99, ms', 'most, ms', 'name not yet known'],
    rows,
    remarks: ['Times are of that first handshake; first_staple_wait is its default, one second. The name is not yet known when the client is quicker than the change: it tries again a millisecond later.']
  }
}
