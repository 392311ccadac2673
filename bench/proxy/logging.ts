import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describeCpu, measureSideBySide, type SideFigures } from '../measuring/side-by-side.ts'
import { startClinch } from '../peers/clinch.ts'
import { serverCore } from '../peers/cores.ts'
import { startNginxUpstream } from '../peers/nginx-upstream.ts'
import { nginx, taskset, wrk } from '../peers/programs.ts'
import type { Report, RunOptions, Scenario } from '../scenario.ts'
import type { Scope } from '../scope.ts'
import { requestWithWrk } from './wrk.ts'

export const logging: Scenario = {
  name: 'logging',
  measures: 'what the access log and the loggers add to the server CPU of one small GET',
  needs: [nginx, wrk, taskset],
  run
}

interface Side {
  readonly name: string
  readonly accessLog?: boolean
  readonly plugins?: Readonly<Record<string, object>>
}

async function run (options: RunOptions): Promise<Report> {
  const { scope, note } = options
  note('logging: starting the servers')
  const upstream = await startNginxUpstream(scope, 'ok')
  const logServer = await startLogServer(scope)
  const sides: readonly Side[] = [
    { name: 'nothing' },
    { name: 'access log', accessLog: true },
    { name: 'file-logger', plugins: { 'file-logger': { path: 'logs/file.log' } } },
    { name: 'http-logger', plugins: { 'http-logger': { uri: logServer } } }
  ]
  const running = []
  for (const side of sides) running.push(await startSide(scope, side, upstream))
  const figures: readonly SideFigures[] = await measureSideBySide(running, options, 'keep-alive GET')
  const bare = figures[0]?.cpuUs ?? 0
  return {
    columns: ['what is logged', 'CPU in µs', 'added'],
    rows: figures.map((side, at) => [sides[at]?.name ?? '', describeCpu(side), at === 0 ? '' : (side.cpuUs - bare).toFixed(1)]),
    remarks: ['Plain HTTP. CPU of the one worker for a request: the median of the rounds (least to most). Entries are the default ones.']
  }
}

async function startSide (scope: Scope, { name, accessLog = false, plugins = {} }: Side, upstream: number): Promise<{ name: string, pid: number, load: (seconds: number) => Promise<number> }> {
  const clinch = await startClinch(scope, { core: serverCore, plugins: ['file-logger', 'http-logger'], nginx: { http: { enable_access_log: accessLog } } })
  await clinch.put('routes/1', { uri: '/bench/*', plugins, upstream: { type: 'roundrobin', nodes: { [`127.0.0.1:${upstream}`]: 1 } } })
  return { name, pid: clinch.workerPids[0] ?? 0, load: async seconds => await requestWithWrk(`http://127.0.0.1:${clinch.gateway.httpPort}/bench/item`, seconds) }
}

async function startLogServer (scope: Scope): Promise<string> {
  const server = createServer((request, response) => request.resume().on('end', () => response.end())).listen(0, '127.0.0.1')
  scope.teardown(() => server.closeAllConnections())
  scope.teardown(() => { server.close() })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
}
