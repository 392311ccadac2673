import { wantsKey } from './authentication/api-key.ts'
import { addressGate, certificateGate, keyGate } from './authentication/gates.ts'
import { createKeyCheck } from './authentication/key-check.ts'
import type { AdminApp, AdminContext } from './context.ts'
import { crossOriginGate } from './cross-origin.ts'
import { createHttpServer } from './http-server.ts'
import { ocspEndpoints } from './ocsp/ocsp-endpoints.ts'
import { createDocument } from './openapi/build-document.ts'
import { docsEndpoint, openApiEndpoint } from './openapi/openapi-endpoints.ts'
import type { AdminApiOptions } from './options.ts'
import { pluginEndpoints } from './plugin-endpoints.ts'
import { productToken } from './product.ts'
import { authKeyNamesOf } from './resources/auth-keys/unique-attributes.ts'
import { EntryIndex } from './resources/entry-index/entry-index.ts'
import { groupNamesOf } from './resources/groups/group-names.ts'
import { resourceEndpoints } from './resources/resource-endpoints.ts'
import { createResourceSchemas } from './resources/resource-schemas.ts'
import { sendFailure } from './responses/failures.ts'
import { sendPage } from './responses/page.ts'
import { schemaEndpoints } from './schema-endpoints.ts'
import { standaloneEndpoints } from './standalone/standalone-endpoints.ts'
import { validateEndpoint } from './standalone/validate-endpoint.ts'

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
  const authKeys = new EntryIndex(options.store, `${options.prefix}/consumers/`, authKeyNamesOf)
  const groups = new EntryIndex(options.store, `${options.prefix}/`, groupNamesOf)
  const api: AdminContext = { ...options, schemas: createResourceSchemas(), authKeys, groups }
  const app = createHttpServer(api)

  app.addHook('onRequest', async (request, reply) => {
    reply.header('server', productToken(api.settings().serverTokens))
    delete request.raw.headers['content-type'] // bodies are JSON whatever they call themselves
  })
  app.addHook('onRequest', certificateGate(api))
  app.addHook('onRequest', addressGate(api))
  app.addHook('onRequest', crossOriginGate(api))
  app.setNotFoundHandler(async (_request, reply) => sendPage(reply, 404))
  app.setErrorHandler(sendFailure)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => { done(null) }) // a body is read where its turn comes: body/

  const checkKey = createKeyCheck(api)
  const document = createDocument(api)
  app.head('/apisix/admin', async (_request, reply) => reply.send(''))
  docsEndpoint(app, api, document, checkKey)
  await app.register(async keyed => {
    keyed.addHook('onRequest', keyGate(checkKey))
    openApiEndpoint(keyed, document)
    ocspEndpoints(keyed, api)
    validateEndpoint(keyed, api)
    if (api.standalone !== undefined) return standaloneEndpoints(keyed, api, api.standalone)
    pluginEndpoints(keyed, api)
    schemaEndpoints(keyed, api)
    resourceEndpoints(keyed, api)
  })

  if (!wantsKey(api.settings())) api.log.warn('Admin key is bypassed! Whoever allow_admin lets in may do everything: set admin_key_required and an admin_key')
  if (api.streamMode === true) api.log.warn('apisix.proxy_mode: stream routes are stored, and this gateway proxies no streams')
  return { app, listen: at => listen(app, at), close: async () => { await Promise.all([close(app), authKeys.close(), groups.close()]) } }
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
