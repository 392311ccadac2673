import type { FastifyReply } from 'fastify'
import { stringify } from 'yaml'
import type { AdminApp, AdminContext } from '../context.ts'
import { AdminError, refusal } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { json, send } from '../responses/answer.ts'
import { checkDocument, type DocumentFault } from './check-document.ts'
import { acceptsYaml, readDocumentBody } from './document-body.ts'
import { markMembers, unknownMembersOf } from './sections.ts'
import { StandaloneConfiguration, type Mark } from './standalone-configuration.ts'
import type { StandaloneTarget } from './standalone-target.ts'

const path = '/apisix/admin/configs'
/** APISIX has no limit here. A configuration of 100,000 routes has some 50 MB. */
const maxDocumentBytes = 256 * 1024 * 1024

/** `configs`: the configuration is read and replaced as a whole, and kept in memory (admin-api.md 2.9). */
export function standaloneEndpoints (app: AdminApp, api: AdminContext, target: StandaloneTarget): void {
  const configuration = new StandaloneConfiguration()
  let inOrder = Promise.resolve()

  app.get(path, async (request, reply) => {
    mark(reply, configuration.mark)
    if (!acceptsYaml(request)) return send(reply, json(200, configuration.view))
    return reply.header('content-type', 'application/yaml').send(Buffer.from(stringify(configuration.view)))
  })

  app.head(path, async (_request, reply) => mark(reply, configuration.mark).header('content-type', 'application/json').send(''))

  app.put(path, async (request, reply) => {
    const digest = request.headers[markMembers.digest.toLowerCase()]
    if (typeof digest !== 'string' || digest === '') throw new AdminError('ADMIN_ERR_ARGUMENT_INVALID', { error_msg: 'missing digest header' })
    const sent = await readDocumentBody(request, maxDocumentBytes)
    const turn = inOrder.then(async () => await replace(sent, digest))
    inOrder = turn.then(() => {}, () => {})
    const status = await turn
    return mark(reply, status === 202 ? configuration.mark : undefined).code(status).header('content-type', 'application/json').send('')
  })

  async function replace (sent: JsonObject, digest: string): Promise<202 | 204> {
    if (configuration.mark?.digest === digest) return 204
    const [unknown] = unknownMembersOf(sent)
    if (unknown !== undefined) throw refusal(`unknown resource type: ${unknown}`)
    const next = configuration.next(sent)
    const { faults: [fault], entries, plugins } = await checkDocument(next.document, { ...api, store: undefined, allowsModifiedIndex: true, checked: next.replaced })
    if (fault !== undefined) throw refusal(describe(fault))
    await target.replace({ entries, plugins })
    configuration.accept(next, { digest, lastModified: Math.floor(api.now() / 1000) })
    api.log.info({ objects: entries.length, replaced: [...next.replaced] }, 'configuration replaced')
    return 202
  }
}

function mark (reply: FastifyReply, known: Mark | undefined): FastifyReply {
  if (known === undefined) return reply
  return reply.header(markMembers.lastModified, String(known.lastModified)).header(markMembers.digest, known.digest)
}

function describe (fault: DocumentFault): string {
  return fault.kind === 'item' ? `invalid ${fault.collection} at index ${fault.index}, err: ${fault.reason}` : fault.reason
}
