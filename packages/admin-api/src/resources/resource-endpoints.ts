import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseBody } from '../body/parse-body.ts'
import { readBody } from '../body/read-body.ts'
import type { AdminApp, AdminContext } from '../context.ts'
import { AdminError, refusal } from '../errors.ts'
import { PathTailSchema, segmentsOf } from '../path-tail.ts'
import { queryOf } from '../request-target.ts'
import { send, type Answer } from '../responses/answer.ts'
import { apiVersion } from '../responses/api-version.ts'
import { legacyAnswer } from '../responses/legacy-format.ts'
import { locate } from './kinds.ts'
import { patch } from './operations/patch.ts'
import { post } from './operations/post.ts'
import { put } from './operations/put.ts'
import { read } from './operations/read.ts'
import { remove } from './operations/remove.ts'
import { folderOf } from './place.ts'
import { methods, type Method } from './resource-kind.ts'
import type { ResourceRequest } from './resource-request.ts'
import { readTtl } from './ttl.ts'

const operations = { GET: read, PUT: put, POST: post, DELETE: remove, PATCH: patch } as const satisfies
Record<Method, (request: ResourceRequest, api: AdminContext) => Promise<Answer>>

const readOnly = ['plugins', 'schema']

/** `/apisix/admin/{collection}[/{id}[/{member}...]]`, and what lies below an object: every kind of resource, each method. */
export function resourceEndpoints (app: AdminApp, api: AdminContext): void {
  app.route({
    method: [...methods],
    url: '/apisix/admin/*',
    schema: { params: PathTailSchema },
    handler: async (request, reply) => send(reply, await answer(request, segmentsOf(request.params), reply, withOneCatalog(api)))
  })
}

async function answer (request: FastifyRequest, path: readonly string[], reply: FastifyReply, api: AdminContext): Promise<Answer> {
  const method = request.method as Method // the route takes no other
  const { kind, place, subPath } = requireKind(path)
  kind.requireUsable(api)
  const body = parseBody(await readBody(request.raw))
  const query = queryOf(request.url)
  const ttlSeconds = readTtl(query)

  reply.headers(apiVersion(api))
  if (!kind.methods.includes(method)) {
    throw new AdminError('ADMIN_ERR_METHOD_UNSUPPORTED', { error_msg: `not supported \`${method}\` method for ${kind.noun}` })
  }
  const isLegacy = api.apiVersion === 'v2'
  const listQuery = isLegacy && method === 'GET' ? new URLSearchParams() : query // that format has neither filters nor pages
  const result = await operations[method]({ kind, method, place, subPath, body, query: listQuery, ttlSeconds }, api)
  return isLegacy ? legacyAnswer(result, method, `${api.prefix}/${folderOf(kind, place)}`) : result
}

// The plugins stay the same from the first check of a request to the last, whatever is reloaded meanwhile.
function withOneCatalog (api: AdminContext): AdminContext {
  const catalog = api.plugins()
  return { ...api, plugins: () => catalog }
}

function requireKind (path: readonly string[]): NonNullable<ReturnType<typeof locate>> {
  const located = locate(path)
  if (located !== undefined) return located
  const [collection = ''] = path
  if (collection === 'graphql_cost_decorations') throw refusal('missing service id')
  const sentence = readOnly.includes(collection) ? 'not found' : `Unsupported resource type: ${collection}`
  throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: sentence })
}
