import type { PluginCatalog } from '@clinch/plugins'
import type { Keyring } from '@clinch/store'
import type { TObject, TSchema } from '@sinclair/typebox'
import type { AdminContext } from '../context.ts'
import type { JsonObject } from '../json.ts'

export const methods = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const
export type Method = typeof methods[number]

/**
 * All that the operations need to know of a kind of resource. `Conf` is the shape of a valid one.
 */
export interface ResourceKind<Conf = unknown> {
  /** The name in paths and keys. */
  readonly collection: string
  /** The word for one of them, in messages and in `schema/{noun}`. */
  readonly noun: string
  readonly methods: readonly Method[]
  readonly schema: TObject
  /** What the loaded plugins add to the schema; these members are stored with their defaults. */
  addedProperties (catalog: PluginCatalog): Readonly<Record<string, TSchema>>
  /** Refuses what APISIX refuses before it looks at the schema. */
  checkBeforeSchema (conf: JsonObject): void
  /**
   * Refuses what a schema cannot say.
   *
   * @param conf - valid, with its defaults
   * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
   */
  checkAfterSchema (conf: Conf, api: AdminContext): Promise<void>
  /** The form that is stored, and echoed by writes: secrets are encrypted. */
  atRest (conf: JsonObject, keyring: Keyring): JsonObject
  /** The form that GET shows. */
  view (stored: JsonObject): JsonObject
  /** Members that `filter=` of a list may ask for. */
  readonly filterMembers: readonly string[]
}
