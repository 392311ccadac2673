import { failures } from '../failures.ts'
import { jsonContent, parameterRef, schemaRef, type Operation, type Paths } from '../openapi-document.ts'

const tags = ['ocsp'] as const
const deleted = jsonContent({ type: 'object', properties: { key: { type: 'string' }, deleted: { type: 'string', description: 'how many' } }, required: ['key', 'deleted'] })

function show (operationId: string, summary: string, schema: string, parameters: readonly string[]): Operation {
  const missing = parameters.includes('page') ? ['Refused'] as const : ['KeyNotFound'] as const
  return { operationId, tags, summary, parameters: parameters.map(parameterRef), responses: { 200: { description: 'What this machine holds.', content: jsonContent(schemaRef(schema)) }, ...failures(...missing, 'Unavailable') } }
}

/** What the OCSP agent of this machine holds, and what it can be told. */
export const ocspPaths: Paths = {
  '/apisix/admin/ocsp/staples': { get: show('listStaples', 'List the staple of every certificate', 'OcspStaples', ['page', 'page_size']) },
  '/apisix/admin/ocsp/staples/{ssl}': {
    get: show('showStaples', 'Show the staples of an ssl', 'OcspStaples', ['ssl']),
    delete: {
      operationId: 'purgeStaples',
      tags,
      summary: 'Forget the staples of an ssl, and fetch them anew',
      parameters: [parameterRef('ssl')],
      responses: { 200: { description: 'They are forgotten.', content: deleted }, ...failures('KeyNotFound', 'Unavailable') }
    }
  },
  '/apisix/admin/ocsp/staples/{ssl}/refresh': {
    post: {
      operationId: 'refreshStaples',
      tags,
      summary: 'Ask the responders of an ssl now',
      description: 'Answers when they have. A failure stands in `last_error`.',
      parameters: [parameterRef('ssl')],
      responses: { 200: { description: 'What came of it.', content: jsonContent(schemaRef('OcspRefreshed')) }, ...failures('KeyNotFound', 'Unavailable') }
    }
  },
  '/apisix/admin/ocsp/clients': { get: show('listClients', 'List what is remembered of client certificates', 'OcspClients', ['page', 'page_size']) },
  '/apisix/admin/ocsp/clients/{fingerprint}': {
    get: show('showClient', 'Show what is remembered of a client certificate', 'OcspClients', ['fingerprint']),
    delete: {
      operationId: 'forgetClient',
      tags,
      summary: 'Forget a client certificate',
      parameters: [parameterRef('fingerprint')],
      responses: { 200: { description: 'It is forgotten.', content: deleted }, ...failures('KeyNotFound', 'Unavailable') }
    }
  },
  '/apisix/admin/ocsp/crls': { get: show('listCrls', 'List the CRLs that are kept for client certificates', 'OcspCrls', ['page', 'page_size']) },
  '/apisix/admin/ocsp/explain': {
    post: {
      operationId: 'explainStatus',
      tags,
      summary: 'Show every rule of OCSP with its outcome for a certificate',
      description: 'Asks as the agent does, or judges a given response. Nothing is kept or changed.',
      requestBody: { required: true, content: jsonContent(schemaRef('OcspQuestion')) },
      responses: { 200: { description: 'The rules in order, and the verdict.', content: jsonContent(schemaRef('OcspExplanation')) }, ...failures('Refused', 'Unavailable') }
    }
  }
}
