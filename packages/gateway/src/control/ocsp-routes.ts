import { firstClients, pageOf, readPage, type OcspInspection } from '@clinch/admin-api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendJson, sendMissing } from './answers.ts'

/** What is shown and not steered. */
export type ShownOcsp = Pick<OcspInspection, 'staples' | 'clients' | 'crls'>

/** What the Admin API shows below `ocsp/`, paged as there, to read only. */
export function addOcspRoutes (app: FastifyInstance, ocsp: ShownOcsp): void {
  app.get('/v1/ocsp/staples', async (request, reply) => sendPage(request, reply, ocsp.staples()))
  app.get<{ Params: { id: string } }>('/v1/ocsp/staples/:id', async ({ params }, reply) => {
    const found = ocsp.staples().filter(({ ssl_id: sslId }) => sslId === params.id)
    return found.length > 0 ? sendJson(reply, { total: found.length, list: found }) : sendMissing(reply, `staple of ssl[${params.id}] not found`)
  })
  app.get('/v1/ocsp/crls', async (request, reply) => sendPage(request, reply, ocsp.crls()))
  app.get('/v1/ocsp/clients', async (request, reply) => sendPage(request, reply, ocsp.clients(), firstClients))
  app.get<{ Params: { fingerprint: string } }>('/v1/ocsp/clients/:fingerprint', async ({ params }, reply) => {
    const fingerprint = params.fingerprint.replaceAll(':', '').toLowerCase()
    const found = ocsp.clients().filter(client => client.fingerprint === fingerprint)
    return found.length > 0 ? sendJson(reply, { total: found.length, list: found }) : sendMissing(reply, `client[${fingerprint}] not found`)
  })
}

/** @param unpaged - what is shown to those who ask for no page */
function sendPage<Item> ({ query }: FastifyRequest, reply: FastifyReply, items: readonly Item[], unpaged: Parameters<typeof pageOf>[1] = { kind: 'all' }): FastifyReply {
  const page = readPage(new URLSearchParams(query as Record<string, string>))
  if (page.kind === 'refused') return sendJson(reply, { error_msg: page.reason }, 400)
  return sendJson(reply, pageOf(items, page.kind === 'all' ? unpaged : page))
}
