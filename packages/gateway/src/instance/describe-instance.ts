import type { LoadedConfig } from '../config/load-config.ts'
import type { Primary, StartedGateway } from '../primary/primary.ts'
import { servesTraffic } from '../config/serves-traffic.ts'
import { problemsOf } from '../primary/problems.ts'
import { product } from '../product.ts'
import { listenersOf } from '../start-message.ts'
import type { InstanceStatus } from './instance-status.ts'

export interface DescribedInstance {
  readonly loaded: LoadedConfig
  readonly primary: Primary
  /** Undefined: it is still starting. */
  readonly started: StartedGateway | undefined
  readonly isStopping: boolean
}

/** What this process says of itself now. */
export function describeInstance ({ loaded, primary, started, isStopping }: DescribedInstance): InstanceStatus {
  const { parts, reloads } = primary
  const list = parts?.pool.processes ?? []
  return {
    pid: process.pid,
    version: product.version,
    node: process.versions.node,
    state: isStopping ? 'stopping' : started === undefined ? 'starting' : 'running',
    started_at: new Date(performance.timeOrigin).toISOString(),
    uptime_seconds: Math.round(performance.now() / 1000),
    config_file: loaded.file,
    data_dir: loaded.dataDir,
    role: loaded.config.deployment.role,
    workers: {
      wanted: parts !== undefined && servesTraffic(parts.config.config) ? parts.pool.size : 0,
      ready: list.filter(({ state }) => state === 'ready').length,
      list,
      deaths: parts?.pool.deaths ?? 0
    },
    listeners: started === undefined ? [] : listenersOf({ ...started, listening: parts?.pool.listening ?? [] }, loaded.config),
    store: parts === undefined ? undefined : { kind: parts.opened.store.kind, place: parts.opened.place, connected: parts.standing.isConnected },
    last_reload: reloads === undefined ? undefined : { good: reloads.last.isGood, last_good_at: new Date(reloads.last.goodMs).toISOString() },
    problems: parts === undefined ? 0 : problemsOf(parts).length
  }
}
