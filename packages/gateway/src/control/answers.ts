import { errorPage, pageType } from '@clinch/admin-api'
import type { FastifyReply } from 'fastify'

/** JSON as APISIX writes it: no charset, one line feed. It leaves as bytes, because Fastify adds a charset to its own JSON. */
export function sendJson (reply: FastifyReply, body: unknown, status = 200): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(Buffer.from(`${JSON.stringify(body)}\n`))
}

/** An empty list is an empty object, which is how APISIX's clients know it. */
export function sendList (reply: FastifyReply, list: readonly unknown[]): FastifyReply {
  return sendJson(reply, list.length === 0 ? {} : list)
}

export function sendMissing (reply: FastifyReply, sentence: string): FastifyReply {
  return sendJson(reply, { error_msg: sentence }, 404)
}

/** For paths and methods that are not there. */
export function sendNotFoundPage (reply: FastifyReply): FastifyReply {
  return reply.code(404).header('content-type', pageType).send(errorPage(404))
}
