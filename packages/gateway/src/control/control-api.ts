import type { AddressInfo } from 'node:net'
import type { OcspInspection } from '@clinch/admin-api'
import type { ConfigObject, Problem } from '@clinch/data-plane'
import { RouteSchema, SslSchema, UpstreamSchema, extendResourceSchema } from '@clinch/schema'
import type { PluginCatalog } from '@clinch/plugins'
import fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { healthOf } from './health.ts'
import { addOcspRoutes } from './ocsp-routes.ts'

export interface ControlApiOptions {
  readonly objects: () => readonly ConfigObject[]
  readonly ocsp: OcspInspection
  readonly problems: () => readonly Problem[]
  readonly workers: () => ReadonlyArray<{ id: number, pid: number | undefined, ready: boolean }>
  readonly catalog: () => PluginCatalog
  readonly reloadPlugins: () => Promise<void>
  readonly log: Logger
}

/** What this machine is doing, without authentication and on loopback unless told otherwise (admin-api.md section 8). */
export class ControlApi {
  readonly #app: FastifyInstance

  constructor (options: ControlApiOptions) {
    this.#app = fastify()
    this.#app.setErrorHandler(async (err, _request, reply) => {
      options.log.error({ err }, 'control API request failed')
      return await reply.code(503).send({ error_msg: (err as Error).message })
    })
    addRoutes(this.#app, options)
  }

  async listen ({ host, port }: { readonly host: string, readonly port: number }): Promise<{ address: string, port: number }> {
    await this.#app.listen({ host, port })
    const bound = this.#app.server.address() as AddressInfo // it listens on TCP
    return { address: host, port: bound.port }
  }

  async close (): Promise<void> {
    await this.#app.close()
  }
}

function addRoutes (app: FastifyInstance, options: ControlApiOptions): void {
  app.setNotFoundHandler(async (_request, reply) => await reply.code(404).type('text/html; charset=utf-8').send('<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center></body></html>\r\n'))

  app.get('/v1/healthcheck', async () => ({})) // active checks come with upstream health; none is `{}`, as in APISIX
  app.get('/v1/schema', async () => ({
    main: { route: RouteSchema, ssl: extendResourceSchema(SslSchema, options.catalog().resourceProperties('ssl')), upstream: UpstreamSchema },
    plugins: Object.fromEntries(options.catalog().list.map(({ plugin, schema }) => [plugin.name, { version: plugin.version, priority: plugin.priority, schema }])),
    stream_plugins: {}
  }))
  app.get('/v1/routes', async () => listOrNothing(objectsOf(options, 'routes')))
  app.get<{ Params: { id: string } }>('/v1/route/:id', async ({ params }, reply) => {
    const found = objectsOf(options, 'routes').find(({ key }) => key === `/routes/${params.id}`)
    return found ?? await reply.code(404).send({ error_msg: `route[${params.id}] not found` })
  })
  app.put('/v1/plugins/reload', async (_request, reply) => {
    await options.reloadPlugins()
    return await reply.type('application/json').send('done')
  })
  // ours
  addOcspRoutes(app, options.ocsp)
  app.get('/v1/configuration/problems', async () => ({ total: options.problems().length, list: options.problems() }))
  app.get('/v1/workers', async () => ({ list: options.workers() }))
  app.get('/v1/health', async (_request, reply) => {
    const health = healthOf(options.workers(), options.ocsp.staples(), Date.now())
    return await reply.code(health.status === 'error' ? 503 : 200).send(health)
  })
}

interface RuntimeObject { readonly key: string, readonly value: unknown, readonly createdIndex: number, readonly modifiedIndex: number }

function objectsOf ({ objects }: ControlApiOptions, collection: string): RuntimeObject[] {
  return objects().filter(({ key }) => key.startsWith(`${collection}/`)).map(({ key, value, createRevision, modRevision }) =>
    ({ key: `/${key}`, value: JSON.parse(value), createdIndex: createRevision, modifiedIndex: modRevision }))
}

// an empty list is an empty object, which is how APISIX's clients know it
function listOrNothing (list: readonly unknown[]): unknown {
  return list.length === 0 ? {} : list
}
