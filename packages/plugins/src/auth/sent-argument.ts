import type { UpstreamRequest } from '../contract/request-context.ts'
import { argumentName, decodeArgument } from '../uri/encoded-arguments.ts'

/** The decoded value of an argument of the query. One without a value, or that came more than once, is empty; undefined if there is none. */
export function sentArgument ({ target }: UpstreamRequest, name: string): string | undefined {
  const found = pairsOf(target).filter(pair => argumentName(pair) === name)
  const [pair = ''] = found
  if (found.length === 0) return undefined
  return found.length > 1 || !pair.includes('=') ? '' : decodeArgument(pair.slice(pair.indexOf('=') + 1))
}

/** Takes an argument out of the query, however its name is encoded; the others stay as they were written. */
export function removeArgument (request: UpstreamRequest, name: string): void {
  const pairs = pairsOf(request.target)
  const kept = pairs.filter(pair => argumentName(pair) !== name)
  if (kept.length === pairs.length) return
  const [path = ''] = request.target.split('?', 1)
  request.target = kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

function pairsOf (target: string): string[] {
  const query = target.indexOf('?')
  return query === -1 ? [] : target.slice(query + 1).split('&')
}
