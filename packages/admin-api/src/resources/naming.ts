import { refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Place } from './place.ts'

/** How objects of a kind come to their ids. */
export interface Naming {
  /**
   * What was sent, with the id that it is stored under, before it is checked.
   *
   * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID when there is no id, or another one than in the path
   */
  name (sent: JsonObject, place: Place, noun: string): JsonObject
  /** The last segment of the key of an object that was named and checked. */
  idOf (conf: JsonObject, place: Place): string
  sentenceWhenMissing (noun: string, method: 'PUT' | 'PATCH' | 'DELETE'): string
}

/** The id comes from the path as text, or from the body in its own type; both must agree. */
export const byId: Naming = {
  name (sent, place, noun) {
    const id = place.id ?? sent['id']
    if (id === undefined) throw refusal(this.sentenceWhenMissing(noun, 'PUT'))
    if (sent['id'] !== undefined && String(sent['id']) !== String(id)) throw refusal(`wrong ${noun} id`)
    return { ...sent, id }
  },
  idOf: conf => String(conf['id']),
  sentenceWhenMissing: noun => `missing ${noun} id`
}

/** A consumer goes by its `username` and has no id. */
export const byUsername: Naming = {
  ...byId,
  name: sent => sent,
  idOf: conf => String(conf['username'])
}

/** Metadata goes by the plugin of the path, whatever id the body has. */
export const byPlugin: Naming = {
  name (sent, { id }, noun) {
    if (id === undefined) throw refusal(this.sentenceWhenMissing(noun, 'PUT'))
    return { ...sent, id }
  },
  idOf: conf => String(conf['id']),
  sentenceWhenMissing: (noun, method) => method === 'PUT' ? 'missing plugin name' : `missing ${noun} id`
}

/** A secret goes by both parts of its path: `{manager}/{id}`. */
export const byManager: Naming = {
  name (sent, { owner, id }, noun) {
    if (owner === undefined || id === undefined) throw refusal(this.sentenceWhenMissing(noun, 'PUT'))
    return byId.name(sent, { owner, id: `${owner}/${id}` }, noun)
  },
  idOf: (_conf, { id }) => id ?? '', // without one it was not named
  sentenceWhenMissing: (noun, method) => method === 'PATCH' ? `no ${noun} id` : `missing ${noun} id`
}
