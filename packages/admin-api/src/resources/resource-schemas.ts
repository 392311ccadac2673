import type { PluginCatalog } from '@clinch/plugins'
import { compileValidator, extendResourceSchema, type Validation } from '@clinch/schema'
import type { TSchema } from '@sinclair/typebox'
import type { ResourceKind } from './resource-kind.ts'

interface CompiledSchema {
  readonly schema: TSchema
  readonly validate: (value: unknown) => Validation<unknown>
}

/** The schemas of the kinds as the loaded plugins extend them, compiled once for each catalog of plugins. */
export interface ResourceSchemas {
  schemaOf (kind: ResourceKind, catalog: PluginCatalog): TSchema
  /** A valid value comes back as a copy with its defaults. */
  validate (kind: ResourceKind, catalog: PluginCatalog, value: unknown): Validation<unknown>
}

export function createResourceSchemas (): ResourceSchemas {
  const byCatalog = new WeakMap<PluginCatalog, Map<ResourceKind, CompiledSchema>>()

  const compiled = (kind: ResourceKind, catalog: PluginCatalog): CompiledSchema => {
    const byKind = byCatalog.get(catalog) ?? new Map<ResourceKind, CompiledSchema>()
    byCatalog.set(catalog, byKind)
    const known = byKind.get(kind) ?? compile(kind, catalog)
    byKind.set(kind, known)
    return known
  }

  return {
    schemaOf: (kind, catalog) => compiled(kind, catalog).schema,
    validate: (kind, catalog, value) => compiled(kind, catalog).validate(value)
  }
}

function compile (kind: ResourceKind, catalog: PluginCatalog): CompiledSchema {
  const schema = extendResourceSchema(kind.schema, kind.addedProperties(catalog))
  return { schema, validate: compileValidator(schema, { fillDefaults: true }) }
}
