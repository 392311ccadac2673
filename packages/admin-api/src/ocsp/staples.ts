import { readPage } from '../resources/list/paging.ts'
import { objectMissing } from '../resources/stored-object.ts'
import { queryOf } from '../request-target.ts'
import { json, text, type Answer } from '../responses/answer.ts'
import type { OcspInspection, StapleStatus } from './inspection.ts'
import type { OcspRequest } from './ocsp-endpoints.ts'
import { pageOf } from './page.ts'

/** GET `ocsp/staples`: every certificate that is to be stapled; paged as resources are. */
export function listStaples ({ request, ocsp }: OcspRequest): Answer {
  const page = readPage(queryOf(request.url))
  return page.kind === 'refused' ? text(400, page.reason) : json(200, pageOf(ocsp.staples(), page))
}

/** GET `ocsp/staples/{ssl_id}`: those of one ssl. */
export function showStaples ({ id, ocsp }: OcspRequest): Answer {
  const list = requireStaples(id, ocsp)
  return json(200, { total: list.length, list })
}

/** POST `ocsp/staples/{ssl_id}/refresh`: answers when the responders have, with what came of it. */
export async function refreshStaples ({ id, ocsp, api }: OcspRequest): Promise<Answer> {
  requireStaples(id, ocsp)
  const asked = await ocsp.refresh(id)
  api.log.info({ sslId: id, asked }, 'staples refreshed by an operator')
  const list = staplesOf(id, ocsp)
  return json(200, { asked, total: list.length, list })
}

/** DELETE `ocsp/staples/{ssl_id}` */
export async function purgeStaples ({ id, ocsp, api }: OcspRequest): Promise<Answer> {
  requireStaples(id, ocsp)
  const purged = await ocsp.purge(id)
  api.log.info({ sslId: id, purged }, 'staples purged by an operator')
  return json(200, { key: `${api.prefix}/ocsp/staples/${id}`, deleted: String(purged) })
}

function requireStaples (sslId: string, ocsp: OcspInspection): readonly StapleStatus[] {
  const staples = staplesOf(sslId, ocsp)
  if (staples.length === 0) throw objectMissing()
  return staples
}

function staplesOf (sslId: string, ocsp: OcspInspection): readonly StapleStatus[] {
  return ocsp.staples().filter(({ ssl_id: candidate }) => candidate === sslId)
}
