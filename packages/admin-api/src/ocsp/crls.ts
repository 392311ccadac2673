import { readPage } from '../resources/list/paging.ts'
import { queryOf } from '../request-target.ts'
import { json, text, type Answer } from '../responses/answer.ts'
import type { OcspRequest } from './ocsp-endpoints.ts'
import { pageOf } from './page.ts'

/** GET `ocsp/crls`: every CRL that is kept for client certificates. */
export function listCrls ({ request, ocsp }: OcspRequest): Answer {
  const page = readPage(queryOf(request.url))
  return page.kind === 'refused' ? text(400, page.reason) : json(200, pageOf(ocsp.crls(), page))
}
