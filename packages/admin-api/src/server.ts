import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { addressGate, certificateGate, keyGate } from './authentication/gates.ts'
import type { AdminApp, AdminContext } from './context.ts'
import { crossOriginGate } from './cross-origin.ts'
import { ocspEndpoints } from './ocsp/ocsp-endpoints.ts'
import type { AdminApiOptions, AdminTls } from './options.ts'
import { pluginEndpoints } from './plugin-endpoints.ts'
import { productToken } from './product.ts'
import { normaliseTarget } from './request-target.ts'
import { resourceEndpoints } from './resources/resource-endpoints.ts'
import { createResourceSchemas } from './resources/resource-schemas.ts'
import { sendFailure } from './responses/failures.ts'
import { sendPage } from './responses/page.ts'
import { schemaEndpoints } from './schema-endpoints.ts'

export interface AdminApi {
  /** Port 0 takes a free one; the answer says which. */
  listen (at: { readonly host: string, readonly port: number }): Promise<{ address: string, port: number }>
  /** Lets requests in flight end, for five seconds. May be called twice. */
  close (): Promise<void>
  readonly app: AdminApp
}

const drainMs = 5000

/**
 * The Admin API: reads and writes the resources of the store as APISIX's does. The order of the gates below is the
 * order of its checks, which decides the error that a client sees.
 */
export async function createAdminApi (options: AdminApiOptions): Promise<AdminApi> {
  const api: AdminContext = { ...options, schemas: createResourceSchemas() }
  const app = createApp(api)

  app.addHook('onRequest', async (request, reply) => {
    reply.header('server', productToken(api.settings().serverTokens))
    delete request.raw.headers['content-type'] // bodies are JSON whatever they call themselves
  })
  app.addHook('onRequest', addressGate(api))
  app.addHook('onRequest', certificateGate(api))
  app.addHook('onRequest', crossOriginGate(api))
  app.setNotFoundHandler(async (_request, reply) => sendPage(reply, 404))
  app.setErrorHandler(sendFailure)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => { done(null) }) // a body is read where its turn comes: body/

  app.head('/apisix/admin', async (_request, reply) => reply.send(''))
  await app.register(async keyed => {
    keyed.addHook('onRequest', keyGate(api))
    pluginEndpoints(keyed, api)
    schemaEndpoints(keyed, api)
    ocspEndpoints(keyed, api)
    resourceEndpoints(keyed, api)
  })

  return { app, listen: at => listen(app, at), close: () => close(app) }
}

function createApp ({ log, tls }: AdminApiOptions): AdminApp {
  const options = {
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // its lines carry the target, and that may carry a key
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: 60_000,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    routerOptions: { maxParamLength: 16_384 },
    rewriteUrl: request => normaliseTarget(request.url ?? '/'),
    frameworkErrors: (_error, _request, reply) => sendPage(reply, 400)
  } satisfies FastifyServerOptions
  const app = tls === undefined ? Fastify(options) : Fastify({ ...options, https: tlsOptions(tls) }) as unknown as FastifyInstance // the endpoints do not look at the server's kind
  return app.withTypeProvider<TypeBoxTypeProvider>()
}

// A client without a certificate is let through to be told so in HTTP: certificateGate.
function tlsOptions ({ certPem, keyPem, clientCaPem }: AdminTls) {
  const verification = clientCaPem === undefined ? {} : { ca: clientCaPem, requestCert: true, rejectUnauthorized: false }
  return { cert: certPem, key: keyPem, ...verification }
}

async function listen (app: AdminApp, at: { readonly host: string, readonly port: number }): Promise<{ address: string, port: number }> {
  await app.listen(at)
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on a TCP port')
  return { address: address.address, port: address.port }
}

async function close (app: AdminApp): Promise<void> {
  const deadline = setTimeout(() => { app.server.closeAllConnections() }, drainMs)
  try {
    await app.close()
  } finally {
    clearTimeout(deadline)
  }
}
