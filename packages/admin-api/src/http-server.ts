import { constants, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { connectionLimits } from './connection-limits.ts'
import type { AdminApp } from './context.ts'
import type { AdminApiOptions, AdminTls, ConnectionLimits } from './options.ts'
import { productToken } from './product.ts'
import { normaliseTarget } from './request-target.ts'
import { answerConnectionFailure } from './responses/connection-failure.ts'
import { sendPage } from './responses/page.ts'

/** Fastify as the Admin API wants it: nginx's paths, pages in place of Fastify's own answers, limits for slow clients. */
export function createHttpServer ({ log, tls, settings, limits: changed }: AdminApiOptions): AdminApp {
  const limits = { ...connectionLimits, ...changed }
  const server = () => productToken(settings().serverTokens)
  const options = {
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }), // its lines carry the target, and that may carry a key
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.idleMs,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    routerOptions: { maxParamLength: 16_384 },
    rewriteUrl: request => normaliseTarget(request.url ?? '/'),
    clientErrorHandler: (error, socket) => answerConnectionFailure(error, socket as Socket, server()),
    frameworkErrors: (_error, _request, reply) => sendPage(reply.header('server', server()), 400)
  } satisfies FastifyServerOptions
  const patience = { headersTimeout: limits.headMs, connectionsCheckingInterval: Math.min(1000, limits.headMs) }
  const app = tls === undefined
    ? Fastify({ ...options, http: patience })
    : Fastify({ ...options, https: { ...patience, ...tlsOptions(tls, limits) } }) as unknown as FastifyInstance // the endpoints do not look at the server's kind
  app.server.maxConnections = limits.connections
  app.server.on('tlsClientError', (_error: Error, socket: Socket) => { socket.destroy() }) // node leaves it open, also when its time is over
  if (tls?.sessionTickets === true && tls.ticketKeyLifetimeMs !== undefined) renewTicketKeys(app, tls.ticketKeyLifetimeMs)
  return app.withTypeProvider<TypeBoxTypeProvider>()
}

// A client without a certificate is let through to be told so in HTTP: certificateGate.
function tlsOptions ({ certPem, keyPem, protocols, ciphers, groups, sessionTickets, clientCaPem }: AdminTls, { headMs }: ConnectionLimits) {
  return {
    cert: certPem,
    key: keyPem,
    minVersion: protocols?.[0],
    maxVersion: protocols?.at(-1),
    ciphers,
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    honorCipherOrder: true,
    dhparam: 'auto' as const,
    handshakeTimeout: headMs,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (sessionTickets === true ? 0 : constants.SSL_OP_NO_TICKET),
    ...(clientCaPem === undefined ? {} : { ca: clientCaPem, requestCert: true, rejectUnauthorized: false })
  }
}

const ticketKeyBytes = 48
const longestTimerMs = 2 ** 31 - 1

function renewTicketKeys (app: FastifyInstance, lifetimeMs: number): void {
  const server = app.server as unknown as TlsServer // it was made with TLS
  const renewing = setInterval(() => server.setTicketKeys(randomBytes(ticketKeyBytes)), Math.min(lifetimeMs, longestTimerMs)).unref()
  app.addHook('onClose', async () => clearInterval(renewing))
}
