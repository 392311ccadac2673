import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { readStored } from '../stored-object.ts'

type Id = string | number | undefined

/**
 * The object that is referred to, as it is stored; nothing without an id. In a document only certificates must be there.
 *
 * @param sought - how the message names what was not found
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID when there is none
 */
export async function requireObjectOf (collection: string, id: Id, sought: string, { store, prefix, references }: CheckContext): Promise<JsonObject | undefined> {
  if (id === undefined || (references === 'unchecked' && collection !== 'ssls')) return undefined
  const target = readStored(await store.get(`${prefix}/${collection}/${id}`))
  if (target === undefined) throw refusal(`failed to fetch ${sought}, response code: 404`)
  return target
}

export const requireUpstream = requirement('upstreams', 'upstream')
export const requireService = requirement('services', 'service')
export const requirePluginConfig = requirement('plugin_configs', 'plugin config')
export const requireConsumerGroup = requirement('consumer_groups', 'consumer group')

function requirement (collection: string, noun: string) {
  return async (id: Id, api: CheckContext): Promise<void> => {
    await requireObjectOf(collection, id, `${noun} info by ${noun} id [${id}]`, api)
  }
}
