import { compileValidator } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { CheckContext } from '../context.ts'
import { refusal } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { refuseUnlikeGroups } from './groups/refuse-unlike-groups.ts'
import type { Place } from './place.ts'
import type { ResourceKind } from './resource-kind.ts'
import { refuseBesideMetadata } from './rules/metadata.ts'

/**
 * Checks an object before it is written: what stands before the schema, the schema as the plugins extend it, what the
 * schema cannot say.
 *
 * @returns the object as it was sent, with no defaults but those of the members that plugins added to its kind: a GET
 *   shows what is in force there
 * @throws AdminError ADMIN_ERR_CONFIGURATION_INVALID
 */
export async function checkConfiguration (kind: ResourceKind, conf: JsonObject, place: Place, api: CheckContext): Promise<JsonObject> {
  const catalog = api.plugins()
  kind.checkBeforeSchema(conf)
  const schema = await kind.schemaAt(place, api)
  const result = api.schemas.validate(schema, kind, catalog, conf)
  if (result.kind === 'invalid') throw refusal(`invalid configuration: ${result.issue.message}`)
  await kind.checkAfterSchema(result.value, api, place)
  await refuseUnlikeGroups(kind, conf, place, api)
  await refuseBesideMetadata(conf, api)
  return completeMembers(conf, result.value, Object.keys(kind.addedProperties(catalog)))
}

const validateObject = compileValidator(Type.Object({}), { fillDefaults: false })

/** The members of a body; `[]` is an empty object to APISIX. */
export function requireObject (body: unknown): JsonObject {
  if (isJsonObject(body)) return body
  const result = validateObject(body)
  if (result.kind === 'invalid') throw refusal(`invalid configuration: ${result.issue.message}`)
  return {}
}

function completeMembers (conf: JsonObject, filled: unknown, names: readonly string[]): JsonObject {
  const present = isJsonObject(filled) ? Object.entries(filled).filter(([name]) => names.includes(name) && Object.hasOwn(conf, name)) : []
  return { ...conf, ...Object.fromEntries(present) }
}
