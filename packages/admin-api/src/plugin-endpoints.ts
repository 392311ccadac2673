import { encryptedPaths, type LoadedPlugin, type PluginCatalog } from '@clinch/plugins'
import type { TSchema } from '@sinclair/typebox'
import type { AdminApp, AdminContext } from './context.ts'
import { AdminError } from './errors.ts'
import { PathTailSchema, segmentsOf } from './path-tail.ts'
import { queryOf } from './request-target.ts'
import { json, send, text, type Answer } from './responses/answer.ts'
import { apiVersion } from './responses/api-version.ts'

/** `plugins/list`, `plugins/reload`, `plugins/{name}` and `plugins?all=true`. */
export function pluginEndpoints (app: AdminApp, api: AdminContext): void {
  app.get('/apisix/admin/plugins/list', async (request, reply) => send(reply, listNames(api.plugins(), queryOf(request.url))))

  app.put('/apisix/admin/plugins/reload', async (_request, reply) => {
    try {
      await api.reloadPlugins()
    } catch (cause) {
      throw new AdminError('ADMIN_ERR_RELOAD_FAILED', { error_msg: cause instanceof Error ? cause.message : String(cause) }, { cause })
    }
    return send(reply, text(200, 'done'))
  })

  app.route({
    method: ['GET', 'POST', 'DELETE', 'PATCH'],
    url: '/apisix/admin/plugins/reload',
    handler: async request => {
      const sentence = `please use PUT method to reload the plugins, ${request.method} method is not allowed.`
      throw new AdminError('ADMIN_ERR_METHOD_UNSUPPORTED', { error_msg: sentence })
    }
  })

  app.get('/apisix/admin/plugins', async (request, reply) =>
    send(reply.headers(apiVersion(api)), describePlugins(api.plugins(), undefined, queryOf(request.url))))

  app.get('/apisix/admin/plugins/*', { schema: { params: PathTailSchema } }, async (request, reply) => {
    const [name] = segmentsOf(request.params)
    return send(reply.headers(apiVersion(api)), describePlugins(api.plugins(), name, queryOf(request.url)))
  })
}

/** One plugin's schema, or all that is known of all of them; also under `schema/plugins/{name}`. */
export function describePlugins (catalog: PluginCatalog, name: string | undefined, query: URLSearchParams): Answer {
  const subsystem = query.get('subsystem') ?? 'http'
  if (subsystem !== 'http' && subsystem !== 'stream') {
    throw new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: `unsupported subsystem: ${subsystem}` })
  }
  const plugins = pluginsOf(catalog, subsystem)
  if (query.get('all') === 'true') return json(200, Object.fromEntries(plugins.map(loaded => [loaded.plugin.name, pluginSummary(loaded)])))
  const loaded = plugins.find(candidate => candidate.plugin.name === name)
  if (loaded === undefined) throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: `plugin not found in subsystem ${subsystem}` })
  const schema = query.get('schema_type') === 'consumer' ? loaded.plugin.consumerSchema : loaded.schema
  if (schema === undefined) throw new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: 'not found schema' })
  return json(200, withSecretFields(loaded, schema))
}

function listNames (catalog: PluginCatalog, query: URLSearchParams): Answer {
  const subsystem = query.get('subsystem') ?? 'http'
  if (subsystem !== 'http' && subsystem !== 'stream') return text(400, 'invalid subsystem passed')
  return json(200, pluginsOf(catalog, subsystem).map(loaded => loaded.plugin.name))
}

// Connections that are not HTTP are not proxied: there are no stream plugins.
function pluginsOf (catalog: PluginCatalog, subsystem: 'http' | 'stream'): readonly LoadedPlugin[] {
  return subsystem === 'http' ? catalog.list : []
}

/** What `plugins?all=true` tells of one plugin. */
export function pluginSummary (loaded: LoadedPlugin): Record<string, unknown> {
  const { version, priority, type, consumerSchema, metadataSchema } = loaded.plugin
  return { // what is undefined is not written
    version,
    priority,
    schema: withSecretFields(loaded, loaded.schema),
    type,
    consumer_schema: withSecretFields(loaded, consumerSchema),
    metadata_schema: withSecretFields(loaded, metadataSchema)
  }
}

// Dashboards know by this which fields to hide.
function withSecretFields (loaded: LoadedPlugin, schema: TSchema | undefined): TSchema | undefined {
  const paths = encryptedPaths(loaded, schema)
  return schema === undefined || paths.length === 0 ? schema : { ...schema, encrypt_fields: paths }
}
