import { refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { findKind } from '../resources/kinds.ts'
import type { Place } from '../resources/place.ts'
import type { ResourceKind } from '../resources/resource-kind.ts'
import { isCredential } from './item-entry.ts'

interface PlacedItem {
  readonly kind: ResourceKind
  readonly place: Place
  /** The object, with the id that it has there. */
  readonly conf: JsonObject
}

/**
 * What an item of a document would be in the Admin API. Where that has two ids in a path, a document has both in one:
 * `jack/credentials/one` among the consumers, `vault/one` among the secrets.
 *
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export function placeItem (collection: string, item: JsonObject): PlacedItem {
  const id = item['id'] === undefined ? undefined : String(item['id'])
  if (isCredential(collection, item)) {
    const [owner = '', , own = ''] = (id ?? '').split('/')
    if (!username.test(owner)) throw refusal(`invalid credential id: ${id}`)
    return { kind: requireKind('credentials'), place: { owner, id: own }, conf: { ...item, id: own } }
  }
  const kind = requireKind(collection)
  switch (collection) {
    case 'secrets': {
      const [, owner, own] = secretId.exec(id ?? '') ?? []
      if (owner === undefined) throw refusal(`invalid secret id: ${id ?? ''}`)
      return { kind, place: { owner, id: own }, conf: item }
    }
    case 'plugin_metadata':
      if (id === undefined) throw refusal('missing plugin name')
      return { kind, place: { owner: undefined, id }, conf: item }
    default:
      return { kind, place: { owner: undefined, id: undefined }, conf: item } // an id is the body's own
  }
}

const username = /^[a-zA-Z0-9_-]+$/
const secretId = /^([^/]+)\/([^/]+)$/

function requireKind (collection: string): ResourceKind {
  const kind = findKind(collection)
  if (kind === undefined) throw refusal(`Unsupported resource type: ${collection}`)
  return kind
}
