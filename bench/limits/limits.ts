import type { Test } from 'tap'
import { startRedis, withoutRedis } from '../../t/support/redis.ts'
import { describeCpu, measureSideBySide, type Side, type SideFigures } from '../measuring/side-by-side.ts'
import { startClinch, type Clinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginxUpstream } from '../peers/nginx-upstream.ts'
import { nginx, taskset, wrk } from '../peers/programs.ts'
import { requestWithWrk } from '../proxy/wrk.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'

export const limits: Scenario = {
  name: 'limits',
  measures: 'what limiters add to one small proxied GET, in the worker and in the primary that counts for all workers',
  needs: [nginx, wrk, taskset],
  run
}

const plenty = 1_000_000_000
const local = {
  'limit-count': { count: plenty, time_window: 3600 },
  'limit-req': { rate: plenty, burst: plenty, nodelay: true, key: 'remote_addr' },
  'limit-conn': { conn: plenty, burst: 0, default_conn_delay: 1, key: 'remote_addr' }
}

async function run (options: RunOptions): Promise<Report> {
  const { scope, note } = options
  note('limits: starting the servers')
  const clinch = await startClinch(scope, { core: serverCore, plugins: Object.keys(local) })
  const routes = await putRoutes(clinch, await startNginxUpstream(scope, 'ok'), scope)
  const sidesOf = (pid: number) => routes.map((name): Side => ({
    name, pid, load: async seconds => await requestWithWrk(`http://127.0.0.1:${clinch.gateway.httpPort}/${name}`, seconds)
  }))
  const inWorker = await measureSideBySide(sidesOf(clinch.workerPids[0] ?? 0), options, 'worker')
  const inPrimary = await measureSideBySide(sidesOf(clinch.gateway.pid), options, 'primary')
  const [plain, plainPrimary] = [inWorker[0] as SideFigures, inPrimary[0] as SideFigures]
  return {
    columns: ['route', 'CPU of the worker in µs', 'more than none', 'CPU of the primary in µs', 'more than none', 'requests a second'],
    rows: routes.map((name, at) => {
      const [worker, primary] = [inWorker[at] as SideFigures, inPrimary[at] as SideFigures] // one for each route
      return [name, describeCpu(worker), (worker.cpuUs - plain.cpuUs).toFixed(1), describeCpu(primary), (primary.cpuUs - plainPrimary.cpuUs).toFixed(1), worker.rate.toFixed(0)]
    }),
    remarks: ['CPU for a request: the median of the rounds (least to most). One worker, 32 connections, plain HTTP.', ...(withoutRedis === false ? [] : [`Without redis: ${withoutRedis}.`])]
  }
}

async function putRoutes (clinch: Clinch, upstreamPort: number, scope: Scope): Promise<string[]> {
  const routes: Record<string, object> = { none: {}, ...Object.fromEntries(Object.entries(local).map(([plugin, conf]) => [plugin, { [plugin]: conf }])) }
  if (withoutRedis === false) {
    const { port } = await startRedis(scope as unknown as Test) // it asks for `teardown` only
    const redis = { policy: 'redis', redis_host: '127.0.0.1', redis_port: port }
    routes['redis'] = { 'limit-count': { ...local['limit-count'], ...redis } }
    routes['redis-synced'] = { 'limit-count': { ...local['limit-count'], ...redis, sync_interval: 1 } }
  }
  for (const [name, plugins] of Object.entries(routes)) {
    await clinch.put(`routes/${name}`, { uri: `/${name}`, plugins, upstream: { nodes: { [`127.0.0.1:${upstreamPort}`]: 1 } } })
  }
  return Object.keys(routes)
}
