import type { PluginSet } from '../phases/plugin-set.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import type { PlacedRoute } from '../router/route-table.ts'
import type { PlacedResource } from '../tls/match-ssl.ts'
import { collectionOf, type Collection } from './collections.ts'
import type { CompiledSsl } from './compiled-ssl.ts'
import type { HeldBack } from './ssl-objects.ts'

/** What changes in a table that lives on. */
export interface TableChange<Old, New> {
  readonly removed: Old[]
  readonly added: New[]
}

/** What one change comes to: the objects to build, and what is let go of when the next snapshot serves. */
export class Touched {
  readonly #keys = new Map<Collection, Set<string>>()
  readonly retired: Array<() => void> = []
  readonly routes: TableChange<CompiledRoute, PlacedRoute<CompiledRoute>> = { removed: [], added: [] }
  readonly names: TableChange<CompiledSsl, PlacedResource<CompiledSsl>> = { removed: [], added: [] }
  readonly sslIds = new Set<string>()
  readonly heldBack: HeldBack[] = []

  add (key: string): void {
    const collection = collectionOf(key)
    if (collection === undefined) return
    const keys = this.#keys.get(collection)
    if (keys === undefined) this.#keys.set(collection, new Set([key]))
    else keys.add(key)
  }

  of (collection: Collection): ReadonlySet<string> {
    return this.#keys.get(collection) ?? new Set()
  }

  has (...collections: readonly Collection[]): boolean {
    return collections.some(collection => this.#keys.has(collection))
  }

  retire (set: PluginSet | undefined): void {
    if (set !== undefined) this.retired.push(() => set.release())
  }
}
