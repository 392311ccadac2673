import { join } from 'node:path'
import { register } from 'prom-client'
import { metricPrefixOf } from '../config/metric-prefix.ts'
import { createExplainer } from '../ocsp/explainer.ts'
import { NodeSettings } from '../ocsp/node-settings.ts'
import { OcspAgent } from '../ocsp/ocsp-agent.ts'
import { StapleShare } from '../ocsp/staple-share.ts'
import type { RunningParts } from './running-parts.ts'

/** The OCSP agent of this machine, not yet started; what it finds goes to the workers. */
export function composeOcspAgent ({ config, opened: { store, prefix }, plugins, pool, log }: Pick<RunningParts, 'config' | 'opened' | 'plugins' | 'pool' | 'log'>): OcspAgent {
  const { dataDir, baseDir, ocsp } = config.loaded
  const ocspLog = log.child({ component: 'ocsp' })
  return new OcspAgent({
    settings: () => config.loaded.ocsp,
    catalog: () => plugins.catalog,
    folder: join(dataDir, 'ocsp'),
    registry: register,
    metricPrefix: metricPrefixOf(config.config),
    log: ocspLog,
    now: Date.now,
    monotonicNow: () => performance.now(),
    random: Math.random,
    publish: staples => pool.broadcast({ kind: 'staples', staples }),
    publishClients: news => pool.broadcast({ kind: 'clientNews', news }),
    share: store.kind === 'etcd' && ocsp.share ? new StapleShare(store, prefix, ocspLog) : undefined,
    baseDir
  })
}

/** What explains OCSP responses on a machine without an agent, by what config.yaml says now. */
export function composeExplainer ({ config, reloads }: Pick<RunningParts, 'config' | 'reloads'>): { readonly explain: ReturnType<typeof createExplainer>, close (): Promise<void> } {
  const node = new NodeSettings(config.loaded.ocsp)
  reloads.onLoaded(() => node.replace(config.loaded.ocsp))
  return {
    explain: createExplainer({ client: () => node.client, settings: () => node.settings, now: Date.now }),
    close: async () => await node.close()
  }
}
