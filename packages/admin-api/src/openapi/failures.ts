import { pageType } from '../responses/page.ts'
import { jsonContent, responseRef, schemaRef, type Reference, type Response } from './openapi-document.ts'

const page = { [pageType]: { schema: { type: 'string' } } }
const error = jsonContent(schemaRef('Error'))
const keyRefused = (description: string) => jsonContent({ type: 'object', properties: { error_msg: { const: 'failed to check token' }, description: { type: 'string' } }, required: ['error_msg', 'description'] }, { error_msg: 'failed to check token', description })

/** The answers that are no success; each stands here once. */
export const failureResponses = {
  Refused: { description: 'The request cannot be understood, or the configuration was refused; or, as text, `page_size` is out of bounds.', content: jsonContent({ anyOf: [schemaRef('Error'), { type: 'string' }] }, { error_msg: 'invalid configuration: additional properties forbidden, found urii' }) },
  KeyRefused: { description: 'The key is missing or wrong, or a viewer wants to do more than GET.', content: keyRefused('missing apikey') },
  AddressRefused: { description: '`allow_admin` does not list the address. A page, no JSON.', content: page },
  KeyNotFound: { description: 'There is no such object.', content: jsonContent(schemaRef('Missing'), { message: 'Key not found' }) },
  NotFound: { description: 'There is nothing of that name.', content: error },
  MethodUnsupported: { description: 'The method is not supported here.', content: error },
  TooManyWrongKeys: {
    description: 'Too many different wrong keys came from the address.',
    headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' } } },
    content: keyRefused('too many wrong apikeys from this address')
  },
  Unavailable: { description: 'The store is away, someone else changed the object in between, or what is asked is not there.', content: error }
} as const satisfies Record<string, Response>

type FailureName = keyof typeof failureResponses

const statusByName = {
  Refused: '400', KeyRefused: '401', AddressRefused: '403', KeyNotFound: '404', NotFound: '404', MethodUnsupported: '405', TooManyWrongKeys: '429', Unavailable: '503'
} as const satisfies Record<FailureName, string>

/** What every operation with a key may answer, and the failures of this one. */
export function failures (...names: readonly FailureName[]): Readonly<Record<string, Reference>> {
  const all: readonly FailureName[] = ['KeyRefused', 'AddressRefused', 'TooManyWrongKeys', ...names]
  return Object.fromEntries(all.map(name => [statusByName[name], responseRef(name)]))
}
