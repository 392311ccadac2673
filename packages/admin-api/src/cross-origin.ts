import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AdminApiOptions } from './options.ts'

const shared = {
  'access-control-allow-origin': '*',
  'access-control-allow-credentials': 'true',
  'access-control-max-age': '3600'
}
const ofPreflight = { 'access-control-allow-methods': 'POST, GET, PUT, OPTIONS, DELETE, PATCH', 'access-control-allow-headers': '*' }
const ofAnswer = { 'access-control-expose-headers': '*' }

/** `enable_admin_cors`: answers a preflight, without a key, and lets pages of any origin read the other answers. */
export function crossOriginGate (api: AdminApiOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (!api.settings().enableCors || !request.url.startsWith('/apisix/admin')) return undefined
    if (request.method === 'OPTIONS') return reply.headers({ ...shared, ...ofPreflight }).type('text/plain').send('')
    reply.headers({ ...shared, ...ofAnswer })
    return undefined
  }
}
