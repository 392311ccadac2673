import type { HashMemory } from '@clinch/ocsp-core'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ClientNews } from '../ipc/messages.ts'
import { ClientAsker } from './client-asker.ts'
import { ClientBreakers } from './client-breakers.ts'
import { ClientChecker } from './client-checker.ts'
import { ClientDisk } from './client-disk.ts'
import { ClientEvents } from './client-events.ts'
import { watchClientChecks } from './client-metrics.ts'
import { ClientSources } from './client-sources.ts'
import { ClientUrlBudget } from './client-url-budget.ts'
import type { ClientLimits } from './client-verdicts.ts'
import { CrlDisk } from './crl-disk.ts'
import { CrlEvents } from './crl-events.ts'
import { CrlKeeper } from './crl-keeper.ts'
import { CrlLookup } from './crl-lookup.ts'
import { watchCrls } from './crl-metrics.ts'
import type { FetchMetrics } from './fetch-metrics.ts'
import type { NodeSettings } from './node-settings.ts'

export interface ClientCheckerParts {
  readonly node: Pick<NodeSettings, 'settings' | 'client'>
  /** Where revocations are kept. */
  readonly folder: string
  /** Where CRLs are kept. */
  readonly crlFolder: string
  /** What relative paths in resources are relative to. */
  readonly baseDir: string
  readonly hashMemory: HashMemory
  readonly metrics: FetchMetrics
  readonly registry: Registry
  readonly metricPrefix: string
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A clock that only goes forward, milliseconds from anywhere. */
  readonly monotonicNow: () => number
  readonly random: () => number
  readonly publish: (news: readonly ClientNews[]) => void
  /** How much is remembered; ocsp.md section 12 by default. */
  readonly limits?: ClientLimits | undefined
}

/** The client checker with its disk, its metrics, and all that stands between it and the network. */
export function createClientChecker ({ node, folder, crlFolder, baseDir, registry, metricPrefix, hashMemory, metrics, log, now, monotonicNow, random, publish, limits }: ClientCheckerParts): ClientChecker {
  const breakers = new ClientBreakers({ log, now: monotonicNow })
  const budget = new ClientUrlBudget()
  const [policy, guard] = [() => node.settings.clientPolicy, () => node.settings.clientGuard]
  const crlKeeper = new CrlKeeper({
    downloader: () => node.client,
    breakers,
    disk: new CrlDisk(crlFolder),
    events: new CrlEvents(log),
    metrics,
    settings: () => node.settings.crl,
    policy,
    guard,
    now,
    random,
    onAttempt: kept => checker.takeCrl(kept)
  })
  const crls = new CrlLookup({ keeper: crlKeeper, policy, guard, budget, baseDir, now })
  const asker = new ClientAsker({
    client: () => node.client,
    maxInFlight: () => node.settings.maxChecksInFlight,
    maxPerResponder: () => node.settings.maxChecksPerResponder,
    breakers,
    hashMemory,
    pinnedHash: () => node.settings.pinnedHash,
    policy,
    guard,
    budget,
    delegateStatus: (delegate, { issuer, peerAddress }) => crls.delegateStatus(delegate, issuer, peerAddress),
    metrics,
    now
  })
  const onHit = watchClientChecks(registry, metricPrefix, () => ({ sizes: checker.sizes, breakerStates: breakers.states }))
  watchCrls(registry, metricPrefix, () => crlKeeper.kept, now)
  const disk = new ClientDisk({ folder, policy, now, log, onRejected: () => metrics.diskRejected() })
  const checker: ClientChecker = new ClientChecker({ sources: new ClientSources({ asker, crls, now }), crls, crlKeeper, disk, events: new ClientEvents({ log, now }), log, now, skewMs: () => policy().skewMs, random, onHit, publish, limits })
  return checker
}
