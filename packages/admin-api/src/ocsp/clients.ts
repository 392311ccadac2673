import { readPage } from '../resources/list/paging.ts'
import { objectMissing } from '../resources/stored-object.ts'
import { queryOf } from '../request-target.ts'
import { json, text, type Answer } from '../responses/answer.ts'
import type { OcspRequest } from './ocsp-endpoints.ts'
import { firstClients, pageOf } from './page.ts'

/** GET `ocsp/clients`: what is remembered of client certificates, at most 500 at a time. */
export function listClients ({ request, ocsp }: OcspRequest): Answer {
  const page = readPage(queryOf(request.url))
  return page.kind === 'refused' ? text(400, page.reason) : json(200, pageOf(ocsp.clients(), page.kind === 'all' ? firstClients : page))
}

/** GET `ocsp/clients/{fingerprint}`; several when different responders were asked about it. */
export function showClient ({ id, ocsp }: OcspRequest): Answer {
  const fingerprint = fingerprintOf(id)
  const list = ocsp.clients().filter(client => client.fingerprint === fingerprint)
  if (list.length === 0) throw objectMissing()
  return json(200, { total: list.length, list })
}

/** DELETE `ocsp/clients/{fingerprint}`: asked about again when it comes back. */
export async function forgetClient ({ id, ocsp, api }: OcspRequest): Promise<Answer> {
  const fingerprint = fingerprintOf(id)
  if (!await ocsp.forgetClient(fingerprint)) throw objectMissing()
  api.log.info({ fingerprint }, 'client verdict purged by an operator')
  return json(200, { key: `${api.prefix}/ocsp/clients/${fingerprint}`, deleted: '1' })
}

// As openssl prints it (AB:CD:...) or as it stands in our logs; never a part of one.
function fingerprintOf (text: string): string {
  const fingerprint = text.replaceAll(':', '').toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(fingerprint)) throw objectMissing()
  return fingerprint
}
