import { parseBody } from './body/parse-body.ts'
import { readBody } from './body/read-body.ts'
import type { AdminApp, AdminContext } from './context.ts'
import { AdminError, refusal } from './errors.ts'
import { PathTailSchema, segmentsOf } from './path-tail.ts'
import { describePlugins } from './plugin-endpoints.ts'
import { queryOf } from './request-target.ts'
import { helperSchemas } from './resources/helper-schemas.ts'
import { findKind, kinds } from './resources/kinds.ts'
import { json, send, text, type Answer } from './responses/answer.ts'
import { apiVersion } from './responses/api-version.ts'

/** `schema/{noun}` to read a schema, `schema/validate/{collection}` to try a body against one. */
export function schemaEndpoints (app: AdminApp, api: AdminContext): void {
  app.get('/apisix/admin/schema/*', { schema: { params: PathTailSchema } }, async (request, reply) => {
    const [name = '', plugin] = segmentsOf(request.params)
    const answer = name === 'plugins' ? describePlugins(api.plugins(), plugin, queryOf(request.url)) : describeSchema(name, api)
    return send(reply.headers(apiVersion(api)), answer)
  })

  app.post('/apisix/admin/schema/validate/*', { schema: { params: PathTailSchema } }, async (request, reply) => {
    const [collection = ''] = segmentsOf(request.params)
    const body = parseBody(await readBody(request.raw))
    return send(reply, tryBody(collection, body, api))
  })
}

function describeSchema (name: string, api: AdminContext): Answer {
  const kind = kinds.find(({ noun }) => noun.replaceAll(' ', '_') === name)
  if (kind?.schema !== undefined) return json(200, api.schemas.extend(kind.schema, kind, api.plugins()))
  if (Object.hasOwn(helperSchemas, name)) return json(200, helperSchemas[name])
  throw new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: `not found schema: ${name}` })
}

const readOnly = ['plugins', 'schema']

function tryBody (collection: string, body: unknown, api: AdminContext): Answer {
  const kind = findKind(collection)
  if (kind === undefined && !readOnly.includes(collection)) throw new AdminError('ADMIN_ERR_NOT_FOUND', { error_msg: `Unsupported resource type: ${collection}` })
  if (kind?.schema === undefined) throw new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: `not found schema: ${collection}` }) // it depends on more than the kind
  const result = api.schemas.validate(kind.schema, kind, api.plugins(), body)
  if (result.kind === 'invalid') throw refusal(result.issue.message)
  return text(200, '')
}
