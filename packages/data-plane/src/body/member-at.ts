import { JSONPath } from 'jsonpath-plus'

/**
 * A member of a parsed body by the path behind `post_arg.`: dots walk objects; a path with `[`, `*` or `..` is a
 * JSONPath and gives the list of what it finds. Undefined where there is nothing.
 */
export function memberAt (body: unknown, path: string): unknown {
  if (!/[[*]|^\.|\.\./.test(path)) return path.split('.').reduce(memberOf, body)
  if (typeof body !== 'object' || body === null) return undefined
  try {
    const found: unknown = JSONPath({ path: path.startsWith('[') ? `$${path}` : `$.${path}`, json: body, eval: 'safe', wrap: true })
    return Array.isArray(found) && found.length > 0 ? found : undefined
  } catch {
    return undefined // a filter that does not fit what the client sent
  }
}

function memberOf (holder: unknown, name: string): unknown {
  const isObject = typeof holder === 'object' && holder !== null && !Array.isArray(holder)
  return isObject && Object.hasOwn(holder, name) ? (holder as Record<string, unknown>)[name] : undefined
}
