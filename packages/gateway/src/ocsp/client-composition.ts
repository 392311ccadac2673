import type { HashMemory } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ClientNews } from '../ipc/messages.ts'
import { ClientAsker } from './client-asker.ts'
import { ClientBreakers } from './client-breakers.ts'
import { ClientChecker } from './client-checker.ts'
import { ClientDisk } from './client-disk.ts'
import { watchClientChecks } from './client-metrics.ts'
import type { ClientLimits } from './client-verdicts.ts'
import type { FetchMetrics } from './fetch-metrics.ts'
import type { NodeSettings } from './node-settings.ts'

export interface ClientCheckerParts {
  readonly node: Pick<NodeSettings, 'settings' | 'client'>
  /** Where revocations are kept. */
  readonly folder: string
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly registry: Registry
  readonly metricPrefix: string
  readonly log: Logger
  readonly now: () => number
  readonly random: () => number
  readonly publish: (news: readonly ClientNews[]) => void
  /** How much is remembered; ocsp.md section 12 by default. */
  readonly limits?: ClientLimits | undefined
}

/** The client checker with its disk, its metrics, and all that stands between it and the network. */
export function createClientChecker ({ node, folder, registry, metricPrefix, hashMemory, metrics, log, now, random, publish, limits }: ClientCheckerParts): ClientChecker {
  const breakers = new ClientBreakers({ log, now })
  const asker = new ClientAsker({
    client: () => node.client,
    maxInFlight: () => node.settings.maxChecksInFlight,
    maxPerResponder: () => node.settings.maxChecksPerResponder,
    breakers,
    hashMemory,
    pinnedHash: () => node.settings.pinnedHash,
    policy: () => node.settings.clientPolicy,
    guard: () => node.settings.clientGuard,
    metrics,
    now
  })
  const onHit = watchClientChecks(registry, metricPrefix, () => ({ sizes: checker.sizes, breakerStates: breakers.states }))
  const disk = new ClientDisk({ folder, policy: () => node.settings.clientPolicy, now, log, onRejected: () => metrics.diskRejected() })
  const checker: ClientChecker = new ClientChecker({ asker, disk, log, now, random, onHit, publish, limits })
  return checker
}
