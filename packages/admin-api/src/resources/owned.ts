import type { AdminContext } from '../context.ts'
import type { ResourceKind } from './resource-kind.ts'

type Moment = NonNullable<ResourceKind['owned']>['wiped'][number]

/** Empties the collection below an object, if its kind has one that goes at this moment. */
export async function wipeOwned (moment: Moment, kind: ResourceKind, key: string, { store, log }: AdminContext): Promise<void> {
  if (kind.owned?.wiped.includes(moment) !== true) return
  const { deleted, revision } = await store.deletePrefix(`${key}/${kind.owned.collection}/`)
  if (deleted > 0) log.info({ kind: kind.noun, object: key, collection: kind.owned.collection, deleted, revision }, 'owned resources deleted')
}
