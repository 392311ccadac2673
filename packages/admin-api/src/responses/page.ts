import type { FastifyReply } from 'fastify'

const pages = {
  400: '400 Bad Request',
  403: '403 Forbidden',
  404: '404 Not Found'
} as const

/**
 * A page of nginx's making, for what is refused before the API is reached. It is no JSON, so that a refused address
 * is not taken for a refused key.
 */
export function sendPage (reply: FastifyReply, status: keyof typeof pages, detail?: string): FastifyReply {
  const title = pages[status]
  const lines = [
    '<html>', `<head><title>${title}</title></head>`, '<body>', `<center><h1>${title}</h1></center>`,
    ...(detail === undefined ? [] : [`<center>${detail}</center>`]),
    '<hr><center>Clinch</center>', '</body>', '</html>', ''
  ]
  return reply.code(status).header('content-type', 'text/html; charset=utf-8').send(lines.join('\r\n'))
}
