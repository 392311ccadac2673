import { AdminError } from '../errors.ts'
import { escapeControlCharacters } from './control-characters.ts'
import { describeJsonFault, findJsonFault } from './json-fault.ts'

/**
 * The document in a body; undefined when there is no body.
 *
 * @throws AdminError ADMIN_ERR_BODY_INVALID with what was expected, what was found, and where
 */
export function parseBody (text: string): unknown {
  if (text === '') return undefined
  const fault = findJsonFault(text)
  if (fault === undefined) return JSON.parse(escapeControlCharacters(text))
  const sentence = `invalid request body: ${describeJsonFault(text, fault)}`
  throw new AdminError('ADMIN_ERR_BODY_INVALID', { error_msg: sentence, req_body: text })
}
