import type { HeaderEdits, HeaderValue } from '../../header/header-edits.ts'
import { findHeaderFault } from '../../header/header-fault.ts'
import type { ResponseHeaderEdits, ResponseHeaders } from './schema.ts'

/** Both forms of `headers` as one. */
export function editsOf (headers: ResponseHeaders | undefined): HeaderEdits {
  if (headers === undefined) return {}
  // the schema's oneOf lets an object or array stand only in the newer form
  if (!Object.values(headers).some(value => typeof value === 'object')) return { set: headers as Readonly<Record<string, HeaderValue>> }
  const { add = [], ...rest } = headers as ResponseHeaderEdits
  const added = new Map<string, string[]>()
  for (const line of add) {
    const [name = '', value = ''] = line.split(':')
    added.set(name.trim(), [...added.get(name.trim()) ?? [], value.trim()])
  }
  return { ...rest, add: Object.fromEntries(added) }
}

/** What the schema cannot say of `headers`. */
export function findResponseHeaderFault (headers: ResponseHeaders | undefined): string | undefined {
  const edits = editsOf(headers)
  const framing = [...Object.keys(edits.add ?? {}), ...Object.keys(edits.set ?? {})].find(name => ours.has(name.toLowerCase()))
  if (framing !== undefined) return `header ${framing} says how the message is sent and cannot be set`
  return findHeaderFault(edits)
}

const ours = new Set(['connection', 'content-length', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'])
