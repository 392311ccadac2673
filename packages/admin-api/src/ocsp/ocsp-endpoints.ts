import type { FastifyRequest } from 'fastify'
import type { AdminApp, AdminContext } from '../context.ts'
import { AdminError } from '../errors.ts'
import { methods, type Method } from '../resources/resource-kind.ts'
import { send, type Answer } from '../responses/answer.ts'
import { apiVersion } from '../responses/api-version.ts'
import { forgetClient, listClients, showClient } from './clients.ts'
import { listCrls } from './crls.ts'
import { explain } from './explain.ts'
import type { OcspInspection } from './inspection.ts'
import { noAgent } from './no-agent.ts'
import { listStaples, purgeStaples, refreshStaples, showStaples } from './staples.ts'

export interface OcspQuestion {
  readonly request: FastifyRequest
  /** The ssl id or the fingerprint in the path; empty where there is none. */
  readonly id: string
  readonly api: AdminContext
}

/** What an endpoint is handed: the agent is there. */
export interface OcspRequest extends OcspQuestion {
  readonly ocsp: OcspInspection
}

interface Endpoint {
  readonly path: string
  readonly noun: string
  readonly operations: Partial<Record<Method, (asked: OcspQuestion) => Answer | Promise<Answer>>>
}

const endpoints: readonly Endpoint[] = [
  { path: 'staples', noun: 'ocsp staples', operations: { GET: ofAgent(listStaples) } },
  { path: 'staples/:id', noun: 'ocsp staple', operations: { GET: ofAgent(showStaples), DELETE: ofAgent(purgeStaples) } },
  { path: 'staples/:id/refresh', noun: 'ocsp staple refresh', operations: { POST: ofAgent(refreshStaples) } },
  { path: 'clients', noun: 'ocsp clients', operations: { GET: ofAgent(listClients) } },
  { path: 'clients/:id', noun: 'ocsp client', operations: { GET: ofAgent(showClient), DELETE: ofAgent(forgetClient) } },
  { path: 'crls', noun: 'ocsp crls', operations: { GET: ofAgent(listCrls) } },
  { path: 'explain', noun: 'ocsp explain', operations: { POST: explain } }
]

/** `ocsp/...`: what the OCSP agent of this process holds, and the few things that it can be told (ocsp.md section 11). */
export function ocspEndpoints (app: AdminApp, api: AdminContext): void {
  for (const endpoint of endpoints) {
    app.route({
      method: [...methods],
      url: `/apisix/admin/ocsp/${endpoint.path}`,
      handler: async (request, reply) => send(reply, await answer(endpoint, request, api, () => reply.headers(apiVersion(api))))
    })
  }
  app.route({
    method: [...methods],
    url: '/apisix/admin/ocsp/*',
    handler: async () => { throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: 'not found' }) }
  })
}

async function answer ({ noun, operations }: Endpoint, request: FastifyRequest, api: AdminContext, markVersion: () => void): Promise<Answer> {
  markVersion()
  const operation = operations[request.method as Method] // the route takes no other
  if (operation === undefined) {
    throw new AdminError('ADMIN_ERR_METHOD_UNSUPPORTED', { error_msg: `not supported \`${request.method}\` method for ${noun}` })
  }
  const { id = '' } = request.params as { id?: string } // the routes above have no other parameter
  return await operation({ request, id, api })
}

function ofAgent (operation: (asked: OcspRequest) => Answer | Promise<Answer>): (asked: OcspQuestion) => Answer | Promise<Answer> {
  return asked => {
    const { ocsp } = asked.api
    if (ocsp === undefined) throw noAgent()
    return operation({ ...asked, ocsp })
  }
}
