import type { Certificate } from '../certificate/certificate.ts'
import { BoundedMap } from '../bounded-map.ts'
import { digest } from '../request/hash.ts'
import type { RequestHash } from '../request/cert-id.ts'

/** Remembers which CertID hash a responder understood for an issuer. A Map will do; createHashMemory is bounded. */
export interface HashMemory {
  get (key: string): { readonly hash: RequestHash, readonly untilMs: number } | undefined
  set (key: string, value: { readonly hash: RequestHash, readonly untilMs: number }): unknown
}

const rememberMs = 24 * 3_600_000

export function createHashMemory (maxEntries = 1000): HashMemory {
  return new BoundedMap(maxEntries)
}

export const memoryKey = (responder: string, issuer: Certificate): string =>
  `${responder} ${digest('sha256', issuer.publicKeyBits).toString('hex')}`

/** SHA-256 first, then SHA-1; the other way round while memory says that SHA-1 is what works. */
export function hashOrder (memory: HashMemory | undefined, key: string, nowMs: number): readonly RequestHash[] {
  const known = memory?.get(key)
  return known?.hash === 'sha1' && nowMs < known.untilMs ? ['sha1', 'sha256'] : ['sha256', 'sha1']
}

export function rememberHash (memory: HashMemory | undefined, key: string, hash: RequestHash, nowMs: number): void {
  const known = memory?.get(key)
  if (known !== undefined && known.hash === hash && nowMs < known.untilMs) return
  memory?.set(key, { hash, untilMs: nowMs + rememberMs })
}
