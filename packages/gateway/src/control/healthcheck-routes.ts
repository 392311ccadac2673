import type { FastifyInstance } from 'fastify'
import { pageType } from '@clinch/admin-api'
import { sendJson, sendList, sendMissing } from './answers.ts'
import type { ControlApiOptions } from './control-api.ts'
import { renderHealthchecks } from './healthcheck-page.ts'

/** What the active and passive checks of one object have found. */
export interface CheckerStatus {
  /** Collection and id: `upstreams/1`. */
  readonly key: string
  readonly type: 'http' | 'https' | 'tcp'
  readonly nodes: ReadonlyArray<{
    readonly ip: string
    readonly port: number
    readonly hostname: string
    readonly status: 'healthy' | 'unhealthy' | 'mostly_healthy' | 'mostly_unhealthy'
    readonly counter: { readonly success: number, readonly http_failure: number, readonly tcp_failure: number, readonly timeout_failure: number }
  }>
}

const collections = ['routes', 'services', 'upstreams', 'stream_routes']

/** `/v1/healthcheck`: every checker, or the one of an object. */
export function addHealthcheckRoutes (app: FastifyInstance, options: ControlApiOptions): void {
  const { healthchecks, prefix } = options
  const shown = ({ key, type, nodes }: CheckerStatus) => ({ name: `${prefix}/${key}`, type, nodes })

  app.get('/v1/healthcheck', async (request, reply) => {
    const checkers = healthchecks().map(shown)
    if (request.headers.accept?.includes('text/html') === true) return reply.header('content-type', pageType).send(renderHealthchecks(checkers))
    return sendList(reply, checkers)
  })

  app.get<{ Params: { collection: string } }>('/v1/healthcheck/:collection', async ({ params: { collection } }, reply) => {
    if (!collections.includes(collection)) return sendJson(reply, { error_msg: `invalid src type ${collection}` }, 400)
    return sendMissing(reply, `missing src id for src type ${collection}`)
  })

  app.get<{ Params: { collection: string, id: string } }>('/v1/healthcheck/:collection/:id', async ({ params: { collection, id } }, reply) => {
    if (!collections.includes(collection)) return sendJson(reply, { error_msg: `invalid src type ${collection}` }, 400)
    const key = `${collection}/${id}`
    if (!options.objects().some(object => object.key === key)) return sendMissing(reply, `${collection}[${id}] not found`)
    const checker = healthchecks().find(candidate => candidate.key === key)
    return checker === undefined ? sendMissing(reply, `no checker for ${collection}[${id}]`) : sendJson(reply, shown(checker))
  })
}
