import { relative } from 'node:path'
import type { InstanceStatus } from '../instance/instance-status.ts'
import { RunningInstance } from '../instance/running-instance.ts'
import type { Command } from './command.ts'
import { exitStatus } from './exit-status.ts'
import { complain, print } from './output.ts'
import { readConfig } from './read-config.ts'

const patienceMs = 5000

export const status: Command = {
  name: 'status',
  synopsis: '[--config FILE] [--json] [--timeout SECONDS]',
  summary: 'is it running, and what is it doing?',
  details: 'Exit status: 0 it runs and every worker serves, 1 it runs and something is missing, 3 it is not running.',
  options: ['config', 'json', 'timeout'],
  async run ({ config, json, timeoutMs = patienceMs }) {
    const { dataDir } = await readConfig(config)
    const instance = await RunningInstance.find(dataDir)
    if (instance === undefined) {
      if (json) print(JSON.stringify({ state: 'not_running', data_dir: dataDir }))
      else complain(`no gateway is running with the data_dir ${dataDir}`)
      return exitStatus.notRunning
    }
    const shown = await instance.status(timeoutMs)
    print(json ? JSON.stringify(shown, undefined, 2) : renderStatus(shown))
    return shown.state === 'running' && shown.workers.ready >= shown.workers.wanted ? exitStatus.done : exitStatus.failed
  }
}

/** For a person. */
export function renderStatus ({ pid, version, node, state, uptime_seconds: seconds, config_file: file, role, workers, listeners, store, last_reload: reload, problems }: InstanceStatus): string {
  const path = relative(process.cwd(), file)
  const others = workers.list.filter(({ state }) => state !== 'ready').map(({ pid, state }) => `${pid} ${state}`)
  const ready = workers.list.filter(({ state }) => state === 'ready').map(({ pid }) => pid)
  const rows: Array<readonly [string, string]> = [
    ['config', `${path}, ${reload?.good === false ? 'not in force as it is now: the last reload failed' : `in force since ${reload?.last_good_at ?? 'the start'}`}`],
    ['role', role],
    ['workers', `${workers.ready} of ${workers.wanted} ready${ready.length === 0 ? '' : ` (pid ${ready.join(', ')})`}${others.length === 0 ? '' : `; ${others.join(', ')}`}${workers.deaths === 0 ? '' : `; ${workers.deaths} died since the start`}`],
    ...listeners.map(({ name, url }) => [name, url] as const),
    ...store === undefined ? [] : [['store', `${store.kind}, ${store.place}${store.connected ? '' : ', away: what is known goes on serving'}`] as const],
    ...problems === 0 ? [] : [['problems', `${problems}: see GET /v1/configuration/problems of the control API`] as const]
  ]
  return [
    `Clinch ${version} is ${state}: pid ${pid}, for ${durationInWords(seconds)}, Node ${node}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(8)} ${value}`)
  ].join('\n')
}

function durationInWords (seconds: number): string {
  const units = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']] as const
  const first = units.findIndex(([size]) => seconds >= size)
  if (first === -1) return '0 s'
  let left = seconds
  return units.slice(first, first + 2).flatMap(([size, name]) => {
    const amount = Math.floor(left / size)
    left -= amount * size
    return amount === 0 ? [] : [`${amount} ${name}`]
  }).join(' ')
}
