import type { FastifyRequest } from 'fastify'
import { queryOf } from '../request-target.ts'

/** The key of a request: of query, header and cookie the first that is there, even if it is wrong. */
export function sentKey (request: FastifyRequest): string | undefined {
  const header = request.headers['x-api-key']
  return queryOf(request.url).get('api_key') ??
    (Array.isArray(header) ? header[0] : header) ??
    cookieOf(request.headers.cookie, 'x_api_key')
}

function cookieOf (header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [candidate = '', ...value] = pair.split('=')
    if (candidate.trim().toLowerCase() === name) return value.join('=').trim()
  }
  return undefined
}
