import type { FastifyReply } from 'fastify'

export const pageTitles = {
  400: '400 Bad Request',
  403: '403 Forbidden',
  404: '404 Not Found',
  408: '408 Request Time-out',
  431: '431 Request Header Fields Too Large'
} as const

export type PageStatus = keyof typeof pageTitles

export const pageType = 'text/html; charset=utf-8'

/**
 * A page of nginx's making, for what is refused before an API is reached. It is no JSON, so that a refused address is
 * not taken for a refused key.
 *
 * @param detail - one sentence, not of the client's making
 */
export function renderPage (status: PageStatus, detail?: string): string {
  const title = pageTitles[status]
  return [
    '<html>', `<head><title>${detail === undefined ? title : `${status} ${detail}`}</title></head>`, '<body>', `<center><h1>${title}</h1></center>`,
    ...(detail === undefined ? [] : [`<center>${detail}</center>`]),
    '<hr><center>Clinch</center>', '</body>', '</html>', ''
  ].join('\r\n')
}

export function sendPage (reply: FastifyReply, status: PageStatus, detail?: string): FastifyReply {
  return reply.code(status).header('content-type', pageType).send(renderPage(status, detail))
}
