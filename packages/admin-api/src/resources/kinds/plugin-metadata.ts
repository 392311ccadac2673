import { findBuiltInPlugin } from '@clinch/plugins'
import { Type, type TObject } from '@sinclair/typebox'
import { refusal } from '../../errors.ts'
import { byPlugin } from '../naming.ts'
import { defineKind } from '../resource-kind.ts'

const AnyObjectSchema = Type.Object({})

/** What all instances of a plugin have in common; kept for a plugin that exists, loaded or not. */
export const pluginMetadata = defineKind<unknown>({
  path: 'plugin_metadata/{id}',
  noun: 'plugin_metadata',
  methods: ['GET', 'PUT', 'DELETE'],
  naming: byPlugin,
  isTimed: false,
  schemaAt: async ({ id = '' }, api): Promise<TObject> => {
    const plugin = api.plugins().get(id)?.plugin ?? await findBuiltInPlugin(id)
    if (plugin === undefined) throw refusal('invalid plugin name')
    return plugin.metadataSchema ?? AnyObjectSchema
  },
  addedProperties: () => ({ id: Type.Unknown() })
})
