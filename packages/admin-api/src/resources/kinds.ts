import { routes } from './kinds/routes.ts'
import { ssls } from './kinds/ssls.ts'
import type { ResourceKind } from './resource-kind.ts'

/** Every kind that there is; a new one is one more entry. */
export const kinds: readonly ResourceKind[] = [routes, ssls]

export function findKind (collection: string): ResourceKind | undefined {
  return kinds.find(kind => kind.collection === collection)
}
