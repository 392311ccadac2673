import type { OcspInspection } from '@clinch/admin-api'
import type { FastifyInstance } from 'fastify'
import { sendJson, sendMissing } from './answers.ts'

const mostClients = 500

/** What the Admin API shows below `ocsp/`, to read only. */
export function addOcspRoutes (app: FastifyInstance, ocsp: OcspInspection): void {
  app.get('/v1/ocsp/staples', async (_request, reply) => sendJson(reply, listOf(ocsp.staples())))
  app.get<{ Params: { id: string } }>('/v1/ocsp/staples/:id', async ({ params }, reply) => {
    const found = ocsp.staples().filter(({ ssl_id: sslId }) => sslId === params.id)
    return found.length > 0 ? sendJson(reply, listOf(found)) : sendMissing(reply, `staple of ssl[${params.id}] not found`)
  })
  app.get('/v1/ocsp/crls', async (_request, reply) => sendJson(reply, listOf(ocsp.crls())))
  app.get('/v1/ocsp/clients', async (_request, reply) => sendJson(reply, listOf(ocsp.clients(), mostClients)))
  app.get<{ Params: { fingerprint: string } }>('/v1/ocsp/clients/:fingerprint', async ({ params }, reply) => {
    const fingerprint = params.fingerprint.replaceAll(':', '').toLowerCase()
    const found = ocsp.clients().filter(client => client.fingerprint === fingerprint)
    return found.length > 0 ? sendJson(reply, listOf(found)) : sendMissing(reply, `client[${fingerprint}] not found`)
  })
}

/** `total` counts all of them. */
function listOf<Item> (items: readonly Item[], most = Infinity): { readonly total: number, readonly list: readonly Item[] } {
  return { total: items.length, list: items.slice(0, most) }
}
