import { describeProfile } from '../measuring/describe-profile.ts'
import { profileWorker } from '../measuring/profile.ts'
import { describeCpu, measureSideBySide, type SideFigures } from '../measuring/side-by-side.ts'
import { startClinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginxUpstream } from '../peers/nginx-upstream.ts'
import { nginx, taskset, wrk } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import { requestWithWrk } from './wrk.ts'

export const plugins: Scenario = {
  name: 'plugins',
  measures: 'what no, one and five cheap plugins on a route cost of the server CPU for one small GET',
  needs: [nginx, wrk, taskset],
  run
}

const cheap = {
  'request-id': { algorithm: 'nanoid' },
  'ip-restriction': { blacklist: ['10.0.0.0/8', '192.168.1.1'] },
  'proxy-rewrite': { headers: { set: { 'X-Gateway': 'clinch' } } },
  cors: { allow_origins: 'https://app.example.com' },
  'ua-restriction': { denylist: ['badbot', 'scraper/.*'] }
} as const

const goalUs = 5

async function run (options: RunOptions): Promise<Report> {
  const { scope, note } = options
  note('plugins: starting the servers')
  const upstream = await startNginxUpstream(scope, 'ok')
  const clinch = await startClinch(scope, { core: serverCore, plugins: Object.keys(cheap) })
  const pid = clinch.workerPids[0] ?? 0
  const routes: ReadonlyArray<readonly [name: string, plugins: object]> = [
    ['none', {}],
    ['one: request-id', { 'request-id': cheap['request-id'] }],
    [`five: ${Object.keys(cheap).join(', ')}`, cheap]
  ]
  for (const [at, [, conf]] of routes.entries()) {
    await clinch.put(`routes/${at + 1}`, { uri: `/bench/${at}`, plugins: conf, upstream: { type: 'roundrobin', nodes: { [`127.0.0.1:${upstream}`]: 1 } } })
  }
  const load = (at: number) => async (seconds: number) => await requestWithWrk(`http://127.0.0.1:${clinch.gateway.httpPort}/bench/${at}`, seconds, ['User-Agent: wrk', 'Origin: https://app.example.com'])
  const figures: readonly SideFigures[] = await measureSideBySide(routes.map(([name], at) => ({ name, pid, load: load(at) })), options, 'keep-alive GET')
  const bare = figures[0]?.cpuUs ?? 0
  const profile = options.profile ? describeProfile('GET with five plugins', await profileWorker(clinch.gateway, pid, async () => await load(routes.length - 1)(options.seconds))) : []
  return {
    columns: ['plugins on the route', 'CPU in µs', 'added'],
    rows: figures.map((side, at) => [routes[at]?.[0] ?? '', describeCpu(side), at === 0 ? '' : (side.cpuUs - bare).toFixed(1)]),
    remarks: ['Plain HTTP, one worker: the median of the rounds (least to most).', `The goal is less than ${goalUs} µs for five.`, ...profile]
  }
}
