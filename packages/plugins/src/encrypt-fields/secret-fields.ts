import { isSecretReference } from '@clinch/schema'
import type { TSchema } from '@sinclair/typebox'
import type { LoadedPlugin, PluginCatalog } from '../loader/catalog.ts'
import { mapFields } from './map-fields.ts'

type Json = Readonly<Record<string, unknown>>

/** Where a text stands, for whoever tells an operator about it. */
export interface FieldPlace {
  readonly plugin: string
  readonly path: string
}

/**
 * Maps the texts of a stored object that its plugins keep encrypted: to encrypt them, to decrypt them. What plugins that
 * are not loaded hold is left alone, and so is a secret reference, which is stored as it is.
 *
 * @param key - collection and id, without the store's prefix: `routes/1`, `consumers/jack`, `plugin_metadata/syslog`
 * @returns the same object when nothing changed
 */
export function mapSecretFields (key: string, object: Json, catalog: PluginCatalog, map: (text: string, place: FieldPlace) => string): Json {
  const [collection = '', id = ''] = key.split('/')
  const mapConf = (plugin: string, conf: unknown, schemaOf: (loaded: LoadedPlugin) => TSchema | undefined): unknown => {
    const loaded = catalog.get(plugin)
    const paths = loaded === undefined ? [] : encryptedPaths(loaded, schemaOf(loaded))
    return mapFields(conf, paths, (text, path) => isSecretReference(text) ? text : map(text, { plugin, path }))
  }

  if (collection === 'plugin_metadata') return mapConf(id, object, ({ plugin }) => plugin.metadataSchema) as Json // an object stays one
  const { plugins } = object
  if (typeof plugins !== 'object' || plugins === null) return object
  const schemaOf = collection === 'consumers' ? consumerSchemaOf : normalSchemaOf
  const mapped = Object.entries(plugins).map(([plugin, conf]) => [plugin, mapConf(plugin, conf, schemaOf)] as const)
  const isSame = mapped.every(([plugin, conf]) => conf === (plugins as Json)[plugin])
  return isSame ? object : { ...object, plugins: Object.fromEntries(mapped) }
}

/**
 * The paths that apply to configurations of one schema: those whose first name is a property of it. A schema that names
 * no properties takes them all.
 */
export function encryptedPaths ({ plugin }: LoadedPlugin, schema: TSchema | undefined): readonly string[] {
  if (schema === undefined) return []
  const properties = schema['properties'] as Json | undefined
  return (plugin.encryptFields ?? []).filter(path => properties === undefined || Object.hasOwn(properties, path.split('.', 1)[0] ?? ''))
}

function normalSchemaOf ({ plugin }: LoadedPlugin): TSchema {
  return plugin.schema
}

function consumerSchemaOf ({ plugin }: LoadedPlugin): TSchema {
  return plugin.consumerSchema ?? plugin.schema
}
