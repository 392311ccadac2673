import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { readCollection } from '../collection.ts'

/** A way in which objects refer to others. */
export interface Use {
  isIn (holder: JsonObject, id: string): boolean
  /** What is told to who wants to delete the object. */
  sentence (holderId: string): string
}

/** A collection whose objects may refer to the one in question; of several uses the first is told. */
export interface Holder {
  readonly collection: string
  readonly uses: readonly Use[]
}

/**
 * Refuses to delete what others refer to. They are read from the store: what was deleted a moment ago holds nothing.
 *
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export async function refuseWhileInUse (holders: readonly Holder[], id: string, api: Pick<CheckContext, 'store' | 'prefix'>): Promise<void> {
  for (const { collection, uses } of holders) {
    for (const holder of await readCollection(api, collection)) {
      const use = uses.find(({ isIn }) => isIn(holder.value, id))
      if (use !== undefined) throw refusal(use.sentence(holder.id))
    }
  }
}

/** Does an object have the id as this member? As text: one that is stored as a number is the same id. */
export function hasMember (member: string): Use['isIn'] {
  return (holder, id) => Object.hasOwn(holder, member) && String(holder[member]) === id
}
