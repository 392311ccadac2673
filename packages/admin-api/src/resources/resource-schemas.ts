import type { PluginCatalog } from '@clinch/plugins'
import { compileValidator, extendResourceSchema, type Validation } from '@clinch/schema'
import type { TObject, TSchema } from '@sinclair/typebox'
import type { ResourceKind } from './resource-kind.ts'

interface CompiledSchema {
  readonly schema: TSchema
  readonly validate: (value: unknown) => Validation<unknown>
}

/** The schemas of the kinds as the loaded plugins extend them, compiled once for each catalog of plugins. */
export interface ResourceSchemas {
  extend (schema: TObject, kind: ResourceKind, catalog: PluginCatalog): TSchema
  /** A valid value comes back as a copy with its defaults. */
  validate (schema: TObject, kind: ResourceKind, catalog: PluginCatalog, value: unknown): Validation<unknown>
}

export function createResourceSchemas (): ResourceSchemas {
  const byCatalog = new WeakMap<PluginCatalog, Map<TObject, CompiledSchema>>()

  const compiled = (schema: TObject, kind: ResourceKind, catalog: PluginCatalog): CompiledSchema => {
    const bySchema = byCatalog.get(catalog) ?? new Map<TObject, CompiledSchema>()
    byCatalog.set(catalog, bySchema)
    const known = bySchema.get(schema) ?? compile(extendResourceSchema(schema, kind.addedProperties(catalog)))
    bySchema.set(schema, known)
    return known
  }

  return {
    extend: (...which) => compiled(...which).schema,
    validate: (schema, kind, catalog, value) => compiled(schema, kind, catalog).validate(value)
  }
}

function compile (schema: TSchema): CompiledSchema {
  return { schema, validate: compileValidator(schema, { fillDefaults: true }) }
}
