import { createSecureContext, type SecureContext } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { UpstreamTlsOptions } from './upstream-tls.ts'

const maxContexts = 1000

/** What TLS connections to upstreams are made with: reading CAs and keys costs milliseconds, so equal ones are read once. */
export class SecureContexts {
  readonly #defaultCaPem: string | undefined
  readonly #contexts = new LRUCache<string, SecureContext>({ max: maxContexts })

  /** @param defaultCaPem - whom to trust where an upstream has no CAs of its own; undefined: the CAs of Node */
  constructor (defaultCaPem: string | undefined) {
    this.#defaultCaPem = defaultCaPem
  }

  /** @throws when certificate and key cannot be used */
  of ({ verify, caPem, certPem, keyPem }: UpstreamTlsOptions): SecureContext {
    const key = JSON.stringify([verify, caPem, certPem, keyPem])
    const known = this.#contexts.get(key)
    if (known !== undefined) return known
    const ca = verify ? caPem ?? this.#defaultCaPem : undefined
    const context = createSecureContext({
      ...(certPem === undefined || keyPem === undefined ? {} : { cert: certPem, key: keyPem }),
      ...(ca === undefined ? {} : { ca })
    })
    this.#contexts.set(key, context)
    return context
  }
}
