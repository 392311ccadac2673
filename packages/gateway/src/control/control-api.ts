import type { ConfigObject, Problem } from '@clinch/data-plane'
import type { PluginCatalog } from '@clinch/plugins'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { sendJson } from './answers.ts'
import { collectGarbage } from './collect-garbage.ts'
import { healthOf, type ConfigurationStanding } from './health.ts'
import { addHealthcheckRoutes, type CheckerStatus } from './healthcheck-routes.ts'
import { LocalServer } from './local-server.ts'
import { addOcspRoutes, type ShownOcsp } from './ocsp-routes.ts'
import { addPluginRoutes } from './plugin-routes.ts'
import { addResourceRoutes } from './resource-routes.ts'
import { describeSchemas } from './schemas.ts'

export interface ControlApiOptions {
  readonly objects: () => readonly ConfigObject[]
  /** What keys begin with: that of etcd, or nothing where the objects come from a file. */
  readonly prefix: string
  readonly healthchecks: () => readonly CheckerStatus[]
  readonly ocsp: ShownOcsp
  readonly configuration: () => ConfigurationStanding
  readonly problems: () => readonly Problem[]
  readonly workers: () => ReadonlyArray<{ id: number, pid: number | undefined, ready: boolean }>
  readonly catalog: () => PluginCatalog
  readonly reloadPlugins: () => Promise<void>
  readonly log: Logger
}

/** What this machine is doing, without authentication and on loopback unless told otherwise (admin-api.md section 8). */
export function createControlApi (options: ControlApiOptions): LocalServer {
  return new LocalServer(options.log, app => {
    app.get('/v1/schema', async (_request, reply) => sendJson(reply, describeSchemas(options.catalog())))
    addHealthcheckRoutes(app, options)
    addResourceRoutes(app, options)
    addPluginRoutes(app, options)
    app.post('/v1/gc', async (_request, reply) => {
      collectGarbage()
      return reply.send('')
    })
    addOwnRoutes(app, options)
  })
}

// What APISIX has not.
function addOwnRoutes (app: FastifyInstance, { ocsp, problems, workers, configuration }: ControlApiOptions): void {
  addOcspRoutes(app, ocsp)
  app.get('/v1/configuration/problems', async (_request, reply) => sendJson(reply, { total: problems().length, list: problems() }))
  app.get('/v1/workers', async (_request, reply) => sendJson(reply, { list: workers() }))
  app.get('/v1/health', async (_request, reply) => {
    const health = healthOf({ workers: workers(), staples: ocsp.staples(), configuration: configuration() })
    return sendJson(reply, health, health.status === 'error' ? 503 : 200)
  })
}
