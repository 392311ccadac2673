import { compileValidator, type Validation } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { CheckContext } from '../context.ts'
import { AdminError, refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { checkConfiguration, requireObject } from '../resources/check-configuration.ts'
import { placeItem } from './place-item.ts'

/** One of the list `plugins`, by which a document says what is to be loaded. */
const ListedPluginSchema = Type.Object({ name: Type.String({ minLength: 1 }), stream: Type.Optional(Type.Boolean()) }, { additionalProperties: false })
const checkListedPlugin = compileValidator(ListedPluginSchema, { fillDefaults: false })

const ModifiedIndexSchema = Type.Object({ modifiedIndex: Type.Integer() })
const checkModifiedIndex = compileValidator(ModifiedIndexSchema, { fillDefaults: false })

export interface ItemContext extends CheckContext {
  /** May an object say its revision, `modifiedIndex`? */
  readonly allowsModifiedIndex: boolean
}

/** What is wrong with an item of a document; undefined when nothing is. It is the Admin API's own check of such an object. */
export async function judgeItem (collection: string, item: unknown, api: ItemContext): Promise<string | undefined> {
  try {
    await checkItem(collection, item, api)
    return undefined
  } catch (error) {
    if (!(error instanceof AdminError)) throw error
    return String(error.body['error_msg'])
  }
}

async function checkItem (collection: string, item: unknown, api: ItemContext): Promise<void> {
  if (collection === 'plugins') return requireValid(checkListedPlugin(item))
  const sent = requireObject(item)
  const { kind, place, conf } = placeItem(collection, api.allowsModifiedIndex ? withoutIndex(sent) : sent)
  await checkConfiguration(kind, conf, place, api)
}

function withoutIndex (item: JsonObject): JsonObject {
  if (!Object.hasOwn(item, 'modifiedIndex')) return item
  const { modifiedIndex, ...object } = item
  requireValid(checkModifiedIndex({ modifiedIndex }))
  return object
}

function requireValid (checked: Validation<unknown>): void {
  if (checked.kind === 'invalid') throw refusal(`invalid configuration: ${checked.issue.message}`)
}
