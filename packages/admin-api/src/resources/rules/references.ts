import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { readStored } from '../stored-object.ts'

export interface Reference {
  readonly collection: string
  /** What the message calls the target. */
  readonly named: string
  /** Undefined: there is no reference. */
  readonly id: string | number | undefined
}

/** The object that is referred to, as it is stored; refuses the configuration when there is none. */
export async function requireReference ({ store, prefix, references }: CheckContext, { collection, named, id }: Reference): Promise<JsonObject | undefined> {
  if (id === undefined || (references === 'unchecked' && collection !== 'ssls')) return undefined
  const target = readStored(await store.get(`${prefix}/${collection}/${id}`))
  if (target === undefined) throw refusal(`failed to fetch ${named} info by ${named} id [${id}], response code: 404`)
  return target
}
