import { createAuthority, type Authority, type Issued } from '../../t/support/pki.ts'
import { createOcspResponder, type OcspResponder } from '../../t/support/ocsp-responder.ts'
import { median, percentile } from '../measuring/median.ts'
import { measure, type Side } from '../measuring/side-by-side.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginxUpstream } from '../peers/nginx-upstream.ts'
import { nginx, taskset } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'
import { cpuOfCachedCheckUs } from './cached-check.ts'
import { startMutualTlsLoad } from './mutual-tls-load.ts'

export const ocspClientCheck: Scenario = {
  name: 'ocsp-client-check',
  measures: 'CPU that the check of a client certificate adds to a request while its verdict is in memory',
  needs: [nginx, taskset],
  run
}

const pairsInRound = 4

async function run (options: RunOptions): Promise<Report> {
  const { seconds, rounds, scope, note } = options
  note('ocsp-client-check: starting the servers')
  const authority = createAuthority({ name: 'Clients' })
  const responder = await createOcspResponder({ authority, windowMs: 24 * 3_600_000 })
  scope.teardown(async () => await responder.close())
  const client = authority.issue({ subject: 'client', ocspUris: [responder.url] })
  const clinch = await startOurs(scope, authority, responder)
  const load = await startMutualTlsLoad(scope, { port: clinch.gateway.httpsPort, cert: client.certPem, key: client.keyPem })
  const sideOf = (path: string): Side => ({ name: path, pid: clinch.workerPids[0] ?? 0, load: async forSeconds => await load(path, forSeconds) })
  const [unchecked, checked] = [sideOf('/unchecked'), sideOf('/checked')]
  for (const side of [unchecked, checked]) await side.load(seconds) // warms up, and asks the responder

  const without: number[] = []
  const added: number[] = []
  for (let pair = 0; pair < rounds * pairsInRound; pair++) {
    note(`ocsp-client-check: pair ${pair + 1} of ${rounds * pairsInRound}`)
    const sides = pair % 2 === 0 ? [unchecked, checked] : [checked, unchecked] // so that neither is always the later one
    const cpuUs = new Map<Side, number>()
    for (const side of sides) cpuUs.set(side, (await measure(side, seconds)).cpuUs)
    const [bare = Number.NaN, whole = Number.NaN] = [cpuUs.get(unchecked), cpuUs.get(checked)]
    without.push(bare)
    added.push(whole - bare)
  }
  const alone = []
  for (let round = 0; round < rounds; round++) alone.push(await cpuOfCachedCheckUs(seconds))
  return {
    columns: ['CPU in µs for one request', 'median', 'half of them'],
    rows: [
      ['proxied GET over mTLS without the check', ...describe(without)],
      ['what the check adds', ...describe(added)],
      ['the check alone, called in a loop', ...describe(alone)]
    ],
    remarks: [
      `One worker, the same kept connections for both routes, measured in turns; ${added.length} pairs. The responder was asked ${responder.count} time${responder.count === 1 ? '' : 's'} in all.`,
      'Half of them: from the first to the third quartile.'
    ]
  }
}

function describe (values: readonly number[]): string[] {
  return [median(values).toFixed(2), `${percentile(values, 0.25).toFixed(2)} to ${percentile(values, 0.75).toFixed(2)}`]
}

async function startOurs (scope: Scope, clients: Authority, responder: OcspResponder): Promise<Clinch> {
  const upstream = await startNginxUpstream(scope, 'here')
  const clinch = await startClinch(scope, { core: serverCore, responders: [responder.url] })
  const server: Issued = createAuthority().issue({ sans: ['localhost'] })
  await clinch.put('ssls/1', { cert: server.chainPem, key: server.keyPem, snis: ['localhost'], client: { ca: clients.certPem }, ocsp_stapling: { ssl_ocsp: 'leaf' } })
  const route = { upstream: { type: 'roundrobin', nodes: { [`127.0.0.1:${upstream}`]: 1 } } }
  await clinch.put('routes/1', { ...route, uri: '/unchecked' })
  await clinch.put('routes/2', { ...route, uri: '/checked', plugins: { 'ocsp-stapling': {} } })
  return clinch
}
