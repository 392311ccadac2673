import type { AdminApp, AdminContext } from '../context.ts'
import { AdminError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { json, send } from '../responses/answer.ts'
import { checkDocument, type DocumentFault } from './check-document.ts'
import { readDocumentBody } from './document-body.ts'
import { collections, versionMemberOf } from './sections.ts'

/** `POST configs/validate`: tells everything that is wrong with a configuration, and stores nothing. */
export function validateEndpoint (app: AdminApp, api: AdminContext): void {
  app.post('/apisix/admin/configs/validate', async (request, reply) => {
    const document = await readDocumentBody(request)
    const { faults } = await checkDocument(document, { ...api, allowsModifiedIndex: api.standalone !== undefined })
    const errors = [...versionErrors(document), ...faults.map(describe)]
    if (errors.length === 0) return send(reply, json(200, {}))
    throw new AdminError('ADMIN_ERR_CONFIGURATION_INVALID', { error_msg: 'Configuration validation failed', errors })
  })
}

function versionErrors (document: JsonObject): JsonObject[] {
  return collections.flatMap(collection => {
    const version = document[versionMemberOf(collection)]
    if (version === undefined || typeof version === 'number') return []
    return [{ resource_type: collection, error: `${versionMemberOf(collection)} must be a number, got ${typeName(version)}` }]
  })
}

function typeName (value: unknown): string {
  if (value === null) return 'userdata'
  return typeof value === 'object' ? 'table' : typeof value
}

function describe (fault: DocumentFault): JsonObject {
  const { collection, reason } = fault
  if (fault.kind === 'section') return { resource_type: collection, error: reason }
  return { resource_type: collection, resource_id: fault.label, index: fault.index, error: reason }
}
