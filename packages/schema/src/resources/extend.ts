import { Type, type TObject, type TSchema } from '@sinclair/typebox'

/**
 * The schema with the properties that loaded plugins add to it. Each is optional and none may take the name of a
 * property that exists: the second one is the caller's to report.
 */
export function extendResourceSchema (schema: TObject, added: Readonly<Record<string, TSchema>>): TObject {
  const { properties = {}, required, ...rest } = schema // a plugin in JavaScript may leave them out
  const optional = Object.fromEntries(Object.entries(added)
    .filter(([name]) => !Object.hasOwn(properties, name))
    .map(([name, property]) => [name, Type.Optional(property)]))
  return { ...rest, properties: { ...properties, ...optional }, ...(required === undefined ? {} : { required }) } as TObject
}
