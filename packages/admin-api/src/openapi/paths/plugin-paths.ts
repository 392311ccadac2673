import { failures } from '../failures.ts'
import { jsonContent, parameterRef, type Operation, type Paths } from '../openapi-document.ts'

const tags = ['plugins'] as const
const schema = { description: 'A JSON Schema, with `_meta`.', content: jsonContent({ type: 'object' }) }

const showPlugin: Omit<Operation, 'operationId'> = {
  tags,
  summary: 'Show the schema of a plugin',
  parameters: ['plugin', 'subsystem', 'schema_type'].map(parameterRef),
  responses: { 200: schema, ...failures('Refused', 'NotFound') }
}

/** The plugins that are loaded, their schemas, and the reload of the list. */
export const pluginPaths: Paths = {
  '/apisix/admin/plugins/list': {
    get: {
      operationId: 'listPlugins',
      tags,
      summary: 'List the names of the loaded plugins, highest priority first',
      parameters: [parameterRef('subsystem')],
      responses: { 200: { description: 'Their names.', content: jsonContent({ type: 'array', items: { type: 'string' } }) }, ...failures('Refused') }
    }
  },
  '/apisix/admin/plugins/reload': {
    put: {
      operationId: 'reloadPlugins',
      tags,
      summary: 'Read config.yaml again and load the plugins that it lists',
      description: 'Answers when they are in force in every worker of this machine.',
      responses: { 200: { description: 'The text `done`, without quotes.', content: jsonContent({ type: 'string' }) }, ...failures('Unavailable') }
    }
  },
  '/apisix/admin/plugins': {
    get: {
      operationId: 'describePlugins',
      tags,
      summary: 'Show all that the loaded plugins define',
      parameters: ['all', 'subsystem'].map(parameterRef),
      responses: {
        200: {
          description: 'By name: `version`, `priority`, `schema`, and what else a plugin has.',
          content: jsonContent({ type: 'object', additionalProperties: { type: 'object', properties: { version: { type: 'number' }, priority: { type: 'number' }, schema: { type: 'object' } }, required: ['version', 'priority', 'schema'] } })
        },
        ...failures('Refused', 'NotFound')
      }
    }
  },
  '/apisix/admin/plugins/{plugin}': { get: { operationId: 'showPlugin', ...showPlugin } },
  '/apisix/admin/schema/plugins/{plugin}': { get: { operationId: 'showPluginSchema', ...showPlugin } }
}
