import { refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { ResourceKind } from './resource-kind.ts'

/** An object may repeat the id of its path, as a string or as a number, but not have another. */
export function refuseOtherId (kind: ResourceKind, id: unknown, conf: JsonObject): void {
  if (conf['id'] !== undefined && String(conf['id']) !== String(id)) throw refusal(`wrong ${kind.noun} id`)
}
