import type { FastifyRequest } from 'fastify'
import { readBody } from '../body/read-body.ts'
import { AdminError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { readDocument } from './read-document.ts'

const yamlType = 'application/yaml'

/**
 * The document in a request: YAML if its content type says so, else JSON.
 *
 * @throws AdminError ADMIN_ERR_BODY_INVALID; the body is not repeated, as there are keys in it
 */
export async function readDocumentBody (request: FastifyRequest, maxBytes?: number): Promise<JsonObject> {
  const text = await readBody(request.raw, maxBytes)
  if (text === '') throw new AdminError('ADMIN_ERR_BODY_INVALID', { error_msg: 'invalid request body: empty request body' })
  const isYaml = sentType(request).startsWith(yamlType)
  const reading = readDocument(text, isYaml ? 'yaml' : 'json')
  if (reading.kind === 'document') return reading.document
  const sentence = isYaml ? { error_msg: 'invalid request body: invalid yaml request body', hint: reading.reason } : { error_msg: `invalid request body: ${reading.reason}` }
  throw new AdminError('ADMIN_ERR_BODY_INVALID', sentence)
}

export function acceptsYaml ({ headers }: FastifyRequest): boolean {
  return headers.accept?.startsWith(yamlType) ?? false
}

// The parsed header was taken away, so that no other body is refused for its type: server.ts.
function sentType ({ raw: { rawHeaders } }: FastifyRequest): string {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type')
  return at === -1 ? '' : rawHeaders[at + 1]?.toLowerCase() ?? ''
}
