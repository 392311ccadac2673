import { removeArgument, sentArgument } from '../../auth/sent-argument.ts'
import type { RequestContext, UpstreamRequest } from '../../contract/request-context.ts'

export interface TokenPlaces {
  readonly header: string
  readonly query: string
  readonly cookie: string
  /** Whether it is taken out of where it was found. */
  readonly hide_credentials: boolean
}

/** The token of a request: in a header, with or without `Bearer `, else in the query, else in a cookie. */
export function sentToken (context: RequestContext, places: TokenPlaces): string | undefined {
  const { upstream } = context
  const [field] = upstream.headers.lines(places.header)
  if (field !== undefined) {
    if (places.hide_credentials) upstream.headers.delete(places.header)
    return /^[Bb]earer /.test(field) ? field.slice('Bearer '.length) : field
  }
  const argument = sentArgument(upstream, places.query)
  if (argument !== undefined) {
    if (places.hide_credentials) removeArgument(upstream, places.query)
    return argument
  }
  const cookie = context.variable(`cookie_${places.cookie}`)
  if (cookie !== undefined && places.hide_credentials) removeCookie(upstream, places.cookie)
  return cookie
}

function removeCookie ({ headers }: UpstreamRequest, name: string): void {
  const pairs = headers.lines('cookie').flatMap(line => line.split(';'))
  const kept = pairs.filter(pair => pair.trim().split('=', 1)[0] !== name)
  if (kept.length === 0) headers.delete('cookie')
  else headers.set('Cookie', kept.join(';').trim())
}
