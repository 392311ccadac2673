import type { JsonObject } from '../json.ts'
import type { Answer } from './answer.ts'

const actions: Readonly<Record<string, string>> = { GET: 'get', PUT: 'set', POST: 'create', PATCH: 'compareAndSwap', DELETE: 'delete' }

/**
 * The success of a resource in the format that APISIX had before version 3 (admin-api.md 3.13); failures are the same
 * in both.
 *
 * @param folder - the key of the collection
 */
export function legacyAnswer (answer: Answer, method: string, folder: string): Answer {
  if (answer.kind !== 'json' || answer.status >= 300) return answer
  const { key, value, list, deleted } = answer.body as JsonObject // every success of a resource has one
  const action = actions[method]
  if (deleted !== undefined) return { ...answer, body: { action, deleted, key, node: {} } }
  if (list !== undefined) return { ...answer, body: { action, node: { dir: true, key: folder, nodes: list } } }
  return { ...answer, body: { action, node: { key, value } } }
}
