import type { FastifyReply } from 'fastify'
import { wantsKey } from '../authentication/api-key.ts'
import type { KeyCheck } from '../authentication/key-check.ts'
import { sentKey } from '../authentication/sent-key.ts'
import { readBody } from '../body/read-body.ts'
import type { AdminApp, AdminContext } from '../context.ts'
import { AdminError } from '../errors.ts'
import { json, send } from '../responses/answer.ts'
import { failureStatus } from '../responses/failures.ts'
import { pageType } from '../responses/page.ts'
import type { OpenApiDocument } from './openapi-document.ts'
import { renderKeyForm } from './page/key-form.ts'
import { renderReference } from './page/render-reference.ts'

/** `openapi.json`: with a key, as every other GET. */
export function openApiEndpoint (keyed: AdminApp, document: () => OpenApiDocument): void {
  keyed.get('/apisix/admin/openapi.json', async (_request, reply) => send(reply, json(200, document())))
}

/** `docs`: the document as a page. A browser cannot send the header, so a page asks for the key, and sends it in a POST. */
export function docsEndpoint (app: AdminApp, api: AdminContext, document: () => OpenApiDocument, checkKey: KeyCheck): void {
  app.get('/apisix/admin/docs', async (request, reply) => {
    const sent = sentKey(request)
    if (sent === undefined && wantsKey(api.settings())) return sendHtml(reply, 401, renderKeyForm())
    checkKey(request, reply, sent, 'GET')
    return sendHtml(reply, 200, renderReference(document()))
  })

  app.post('/apisix/admin/docs', async (request, reply) => {
    const form = new URLSearchParams(await readBody(request.raw))
    try {
      checkKey(request, reply, form.get('api_key') ?? undefined, 'GET')
    } catch (error) {
      if (!(error instanceof AdminError)) throw error
      return sendHtml(reply, failureStatus(error), renderKeyForm(String(error.body['description'])))
    }
    return sendHtml(reply, 200, renderReference(document()))
  })
}

const headers = {
  'content-type': pageType,
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store'
}

function sendHtml (reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).headers(headers).send(page)
}
