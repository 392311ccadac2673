import type { LoadedPlugin, PluginCatalog } from '@clinch/plugins'
import { HealthCheckerSchema, TimeoutSchema, UpstreamSchema, secretManagerSchemas } from '@clinch/schema'
import type { AdminContext } from '../context.ts'
import type { JsonObject } from '../json.ts'
import { kinds } from '../resources/kinds.ts'
import type { ResourceKind } from '../resources/resource-kind.ts'
import { schemaRef, type Schema } from './openapi-document.ts'
import { ocspSchemas } from './ocsp-schemas.ts'
import { portableSchema } from './portable-schema.ts'

type Schemas = Readonly<Record<string, Schema>>

/** Parts that stand in several kinds, and are described once. */
const shared = { Upstream: UpstreamSchema, Timeout: TimeoutSchema, HealthChecker: HealthCheckerSchema }

/** Every schema of the document: of the kinds as the loaded plugins extend them, of what is stored, of the plugins. */
export function schemaComponents (api: Pick<AdminContext, 'plugins' | 'schemas'>): Schemas {
  const catalog = api.plugins()
  return {
    ...Object.fromEntries(Object.entries(shared).map(([name, schema]) => [name, portableSchema(schema, sharedParts)])),
    ...Object.assign({}, ...kinds.map(kind => kindSchemas(kind, api))) as Schemas,
    ...pluginSchemas(catalog),
    ...Object.fromEntries(Object.entries(ocspSchemas).map(([name, schema]) => [name, portableSchema(schema)])),
    Error: object({ error_msg: { type: 'string', description: 'what is wrong, in one sentence' } }, ['error_msg']),
    Missing: object({ message: { const: 'Key not found' } }, ['message'])
  }
}

/** `StreamRoute` of `stream route`. */
export function componentNameOf ({ noun }: Pick<ResourceKind, 'noun'>): string {
  return noun.split(/[ _]/).map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')
}

function kindSchemas (kind: ResourceKind, { plugins, schemas }: Pick<AdminContext, 'plugins' | 'schemas'>): Schemas {
  const name = componentNameOf(kind)
  if (kind.schema === undefined) {
    const variants = variantsOf(kind, plugins())
    return { [name]: { type: 'object', ...(variants.length === 0 ? {} : { anyOf: variants }) }, [`Stored${name}`]: { type: 'object' } }
  }
  const schema = schemas.extend(kind.schema, kind, plugins())
  const sent = portableSchema(schema, sharedParts)
  return { [name]: { ...sent, properties: withPlugins(kind, sent['properties'] as JsonObject) }, [`Stored${name}`]: storedSchema(kind, schema) }
}

// Any text may be a reference to a secret, or encrypted: the bounds of texts are those of what is sent.
function storedSchema (kind: ResourceKind, schema: unknown): Schema {
  const unbounded = (part: JsonObject): Schema | undefined => part['type'] === 'string' ? { type: 'string', ...(part['description'] === undefined ? {} : { description: part['description'] }) } : undefined
  const properties = portableSchema(schema, unbounded)['properties'] as Readonly<Record<string, JsonObject>>
  const shown = Object.keys(kind.view(Object.fromEntries(Object.keys(properties).map(member => [member, '']))))
  return {
    type: 'object',
    description: 'As it was sent, with its id and times; private keys are encrypted.',
    properties: Object.fromEntries(Object.entries(properties).map(([member, part]) => [member, shown.includes(member) ? part : { ...part, description: 'not shown by GET' }]))
  }
}

// A kind whose schema depends on its place: one for each manager, one for each plugin with metadata.
function variantsOf ({ path }: ResourceKind, catalog: PluginCatalog): Schema[] {
  if (path.startsWith('secrets/')) return Object.entries(secretManagerSchemas).map(([manager, schema]) => ({ title: manager, ...portableSchema(schema) }))
  return catalog.list.flatMap(({ plugin: { name, metadataSchema } }) => metadataSchema === undefined ? [] : [{ title: name, ...portableSchema(metadataSchema) }])
}

const holdsCredentials = new Set(['consumer', 'credential'])

function withPlugins ({ noun }: ResourceKind, properties: JsonObject): JsonObject {
  if (properties['plugins'] === undefined) return properties
  return { ...properties, plugins: schemaRef(holdsCredentials.has(noun) ? 'ConsumerPlugins' : 'Plugins') }
}

function pluginSchemas ({ list }: PluginCatalog): Schemas {
  const byName = (schemaOf: (loaded: LoadedPlugin) => string) => ({
    type: 'object',
    description: 'By the name of a loaded plugin, its configuration.',
    properties: Object.fromEntries(list.map(loaded => [loaded.plugin.name, schemaRef(schemaOf(loaded))])),
    additionalProperties: false
  })
  const own = list.map(loaded => [pluginComponent(loaded), pluginSchema(loaded.schema, loaded)])
  const ofConsumers = list.flatMap(loaded => loaded.plugin.consumerSchema === undefined ? [] : [[consumerComponent(loaded), pluginSchema(loaded.plugin.consumerSchema, loaded)]])
  return {
    ...Object.fromEntries([...own, ...ofConsumers]) as Schemas,
    Plugins: byName(pluginComponent),
    ConsumerPlugins: byName(loaded => loaded.plugin.consumerSchema === undefined ? pluginComponent(loaded) : consumerComponent(loaded))
  }
}

// References of a user's schema lead to places within it, and would lead elsewhere here.
function pluginSchema (schema: unknown, { plugin: { name } }: LoadedPlugin): Schema {
  const refersToItself = /"\$(ref|id|dynamicRef)":/.test(JSON.stringify(schema))
  return refersToItself ? { type: 'object', description: `GET /apisix/admin/plugins/${name} shows it` } : portableSchema(schema)
}

function pluginComponent ({ plugin: { name } }: LoadedPlugin): string {
  return `plugin.${name.replaceAll(/[^a-zA-Z0-9._-]/g, '_')}`
}

function consumerComponent (loaded: LoadedPlugin): string {
  return `${pluginComponent(loaded)}.consumer`
}

const sharedTexts = new Map(Object.entries(shared).map(([name, schema]) => [JSON.stringify(schema), name]))

function sharedParts (part: JsonObject): Schema | undefined {
  const name = sharedTexts.get(JSON.stringify(part))
  return name === undefined ? undefined : schemaRef(name)
}

function object (properties: Schema, required: readonly string[]): Schema {
  return { type: 'object', properties, required }
}
