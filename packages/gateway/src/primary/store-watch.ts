import type { StoreWatch } from '@clinch/store'
import { servesTraffic } from '../config/serves-traffic.ts'
import type { LastGoodKeeper } from '../last-good/last-good-keeper.ts'
import type { RunningParts } from './running-parts.ts'

export interface StoreWatchParts extends Pick<RunningParts, 'config' | 'opened' | 'state' | 'standing' | 'opening' | 'agent' | 'reloads' | 'log'> {
  /** Undefined: nothing is kept on disk. */
  readonly keeper: LastGoodKeeper | undefined
  /** The store is there for the first time since the start, which was made without it. */
  readonly onCaughtUp: () => void
}

/** Follows the store from where the state was read: every change goes to the state, and from there to the workers. */
export function watchStore ({ config, opened: { store, prefix }, state, standing, opening, agent, reloads, keeper, onCaughtUp, log }: StoreWatchParts): StoreWatch {
  const isServed = servesTraffic(config.config)
  return store.watch(`${prefix}/`, {
    fromRevision: state.revision + 1,
    known: state.known,
    listFirst: standing.source === 'disk',
    onBatch: batch => {
      agent?.takeShared(batch.events)
      reloads.follow(batch.events, prefix)
      const changes = state.apply(batch)
      keeper?.take(batch)
      if (isServed) opening.configuration.take(changes)
    },
    onConnected: connected => {
      const fromDisk = standing.source === 'disk'
      standing.setConnected(connected)
      if (!connected) log.warn('the store is away: what is known goes on serving')
      else if (!fromDisk) log.info('the store is back')
      else {
        log.info({ revision: state.revision }, 'the store is there: what was read from disk has caught up with it')
        onCaughtUp()
      }
    }
  })
}
