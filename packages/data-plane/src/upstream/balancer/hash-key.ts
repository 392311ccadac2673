import { compileCountingTemplate } from '@clinch/plugins'
import type { Upstream } from '@clinch/schema'
import type { Logger } from 'pino'
import type { HashSource } from './balancer.ts'

/** What `chash` hashes: `hash_on` and `key` of the upstream; the client's address where that has no value. */
export function createHashKey ({ hash_on: hashOn, key = '' }: Pick<Upstream, 'hash_on' | 'key'>, log: Logger): (request: HashSource) => string {
  const read = readerOf(hashOn, key)
  return request => {
    const value = read(request)
    if (value !== undefined) return value
    log.warn({ reqId: request.id }, `chash_key fetch is nil, use default chash_key remote_addr: ${request.remoteAddress}`)
    return request.remoteAddress
  }
}

function readerOf (hashOn: Upstream['hash_on'], key: string): (request: HashSource) => string | undefined {
  switch (hashOn) {
    case 'vars': return request => request.variable(key)
    case 'header': return request => request.headers.get(key)
    case 'cookie': return request => request.variable(`cookie_${key}`)
    case 'consumer': return request => request.consumer?.username
    case 'vars_combinations': {
      const render = compileCountingTemplate(key)
      return request => {
        const { text, resolved } = render(request)
        return resolved === 0 ? undefined : text
      }
    }
  }
}
