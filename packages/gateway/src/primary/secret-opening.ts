import type { Logger } from 'pino'
import { createOpening, type Opening } from '../secrets/composition.ts'
import { warnOfPublishedKeyring } from '../secrets/published-keyring.ts'
import type { RunningParts } from './running-parts.ts'

/** How long the start waits for secret managers, which are asked side by side. */
const firstSecretsMs = 6000

export interface OpeningParts extends Pick<RunningParts, 'config' | 'plugins' | 'pool'> {
  /** Some ssl changed; not called before there is a first configuration. */
  readonly onSslChange: () => void
  readonly log: Logger
}

/** What opens the stored configuration; what it opens from then on goes to the workers. */
export async function composeOpening ({ config, plugins, pool, onSslChange, log }: OpeningParts): Promise<Opening> {
  const ownLog = log.child({ component: 'secrets' })
  warnOfPublishedKeyring(config.config, ownLog)
  return await createOpening({
    loaded: config.loaded,
    catalog: () => plugins.catalog,
    environment: process.env,
    log: ownLog,
    now: Date.now,
    random: Math.random,
    onChange: change => {
      if (change.changes.some(one => (one.kind === 'put' ? one.object.key : one.key).startsWith('ssls/'))) onSslChange()
      pool.broadcast({ kind: 'changes', ...change })
    }
  })
}

/** What was asked of secret managers is waited for: what is served from the first request on is complete if it can be. */
export async function openFirst ({ configuration, book }: Opening, state: RunningParts['state']): Promise<void> {
  configuration.take(state.objects.map(object => ({ kind: 'put', object })))
  await book.answered(firstSecretsMs)
}
