import type { PluginCatalog } from '@clinch/plugins'
import type { Keyring } from '@clinch/store'
import type { TObject, TSchema } from '@sinclair/typebox'
import type { CheckContext } from '../context.ts'
import type { JsonObject } from '../json.ts'
import { byId, type Naming } from './naming.ts'
import type { Place } from './place.ts'
import type { Holder } from './rules/in-use.ts'

export const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const
export type Method = typeof methods[number]

/** All that the operations need to know of a kind of resource. `Conf` is the shape of a valid one. */
export interface ResourceKind<Conf = unknown> {
  /** Where its objects are, in the API and in the store: `consumers/{owner}/credentials/{id}` (place.ts). */
  readonly path: string
  /** The word for one of them, in messages and with `_` in `schema/{noun}`. */
  readonly noun: string
  readonly methods: readonly Method[]
  readonly naming: Naming
  /** Absent: it depends on the place, see `schemaAt`. */
  readonly schema?: TObject
  /** Do its objects carry `create_time` and `update_time`? */
  readonly isTimed: boolean
  /** Does PATCH take a path below the id as the way to one member? */
  readonly hasSubPaths: boolean
  /** Members that a PATCH may not set. */
  readonly fixedMembers: readonly string[]
  /** Members that `filter=` of a list may ask for. */
  readonly filterMembers: readonly string[]
  /** An empty list is answered as if it were a missing object. */
  readonly isMissingWhenEmpty: boolean
  /** What refers to its objects, and keeps them from being deleted. */
  readonly holders: readonly Holder[]
  /** A collection below each of its objects, and when that is emptied. */
  readonly owned?: { readonly collection: string, readonly wiped: ReadonlyArray<'before creation' | 'before deletion' | 'after deletion'> }

  /** Refuses every request where the configuration of the gateway leaves no room for this kind. */
  requireUsable (options: { readonly streamMode?: boolean | undefined }): void
  /**
   * The schema of what is at a place.
   *
   * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID where nothing may be
   */
  schemaAt (place: Place, api: CheckContext): TObject | Promise<TObject>
  /** What the loaded plugins add to the schema; these members are stored with their defaults. */
  addedProperties (catalog: PluginCatalog): Readonly<Record<string, TSchema>>
  /** What was sent, with what its place says of it. */
  placed (sent: JsonObject, place: Place): JsonObject
  /** Refuses what APISIX refuses before it looks at the schema. */
  checkBeforeSchema (conf: JsonObject): void
  /**
   * Refuses what a schema cannot say.
   *
   * @param conf - valid, with its defaults
   * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
   */
  checkAfterSchema (conf: Conf, api: CheckContext, place: Place): Promise<void>
  /** Refuses an object whose owner is not there; asked last, when the object itself is found good. */
  requireOwner (place: Place, api: CheckContext): Promise<void>
  /** Private keys in the form that is stored, and echoed by writes: encrypted. */
  encryptKeys (conf: JsonObject, keyring: Keyring): JsonObject
  /** What GET shows of a stored object. */
  view (stored: JsonObject): JsonObject
}

type Needed = 'path' | 'noun'

/** A kind of which only the peculiarities are said. */
export function defineKind<Conf> (peculiar: Pick<ResourceKind<Conf>, Needed> & Partial<Omit<ResourceKind<Conf>, Needed>>): ResourceKind<Conf> {
  const { schema } = peculiar
  return {
    methods,
    naming: byId,
    isTimed: true,
    hasSubPaths: true,
    fixedMembers: [],
    filterMembers: [],
    isMissingWhenEmpty: false,
    holders: [],
    requireUsable: () => {},
    schemaAt: () => {
      if (schema === undefined) throw new TypeError(`the kind ${peculiar.noun} has neither schema nor schemaAt`)
      return schema
    },
    addedProperties: () => ({}),
    placed: sent => sent,
    checkBeforeSchema: () => {},
    checkAfterSchema: async () => {},
    requireOwner: async () => {},
    encryptKeys: conf => conf,
    view: stored => stored,
    ...peculiar
  }
}
