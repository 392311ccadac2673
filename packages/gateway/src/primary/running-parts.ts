import type { Logger } from 'pino'
import type { FileProvider } from '../file-provider/file-provider.ts'
import type { HealthAgent } from '../health/health-agent.ts'
import type { OcspAgent } from '../ocsp/ocsp-agent.ts'
import type { Opening } from '../secrets/composition.ts'
import type { Standing } from '../last-good/standing.ts'
import type { ConfigState } from './config-state.ts'
import type { CurrentConfig } from './current-config.ts'
import type { OpenedStore } from './open-store.ts'
import type { PrimaryPlugins } from './plugin-host.ts'
import type { PluginReloads } from './plugin-reloads.ts'
import type { WorkerPool } from './worker-pool/worker-pool.ts'

/** What a primary is made of, for the parts that look at others. */
export interface RunningParts {
  readonly config: CurrentConfig
  readonly opened: OpenedStore
  readonly plugins: PrimaryPlugins
  readonly reloads: PluginReloads
  /** Re-reads config.yaml and loads the plugins that it lists; rejects with the reason why they stay as they were. */
  readonly reloadPlugins: () => Promise<void>
  readonly state: ConfigState
  /** How what is in force stands to what the store holds. */
  readonly standing: Standing
  readonly opening: Opening
  /** Undefined on a control plane, which serves no certificates and checks no clients. */
  readonly agent: OcspAgent | undefined
  readonly health: HealthAgent
  readonly pool: WorkerPool
  /** Undefined: the configuration comes from elsewhere. */
  readonly file: FileProvider | undefined
  readonly log: Logger
}
