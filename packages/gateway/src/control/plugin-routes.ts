import { compileValidator } from '@clinch/schema'
import type { FastifyInstance } from 'fastify'
import { sendList, sendJson, sendMissing } from './answers.ts'
import type { ControlApiOptions } from './control-api.ts'

/** The metadata of the plugins that are loaded, and the reload of the list. */
export function addPluginRoutes (app: FastifyInstance, options: ControlApiOptions): void {
  app.get('/v1/plugin_metadatas', async (_request, reply) => sendList(reply, metadataOf(options).map(({ value }) => value)))

  app.get<{ Params: { name: string } }>('/v1/plugin_metadata/:name', async ({ params: { name } }, reply) => {
    const found = metadataOf(options).find(metadata => metadata.name === name)
    return found === undefined ? sendMissing(reply, `plugin metadata[${name}] not found`) : sendJson(reply, found.value)
  })

  app.put('/v1/plugins/reload', async (_request, reply) => {
    await options.reloadPlugins()
    return reply.header('content-type', 'application/json').send(Buffer.from('done'))
  })
}

// With the defaults of the plugin's schema; what does not fit it is not in force and not shown.
function metadataOf ({ objects, catalog }: ControlApiOptions): Array<{ readonly name: string, readonly value: unknown }> {
  return objects().flatMap(({ key, value }) => {
    const name = /^plugin_metadata\/([^/]+)$/.exec(key)?.[1]
    const schema = name === undefined ? undefined : catalog().get(name)?.plugin.metadataSchema
    if (name === undefined || schema === undefined) return []
    const checked = compileValidator(schema, { fillDefaults: true })(parse(value))
    return checked.kind === 'valid' ? [{ name, value: checked.value }] : []
  })
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
