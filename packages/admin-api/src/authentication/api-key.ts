import { createHash, timingSafeEqual } from 'node:crypto'
import type { AdminKey, AdminSettings } from '../options.ts'

export type KeyVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused', readonly reason: 'missing apikey' | 'wrong apikey' | 'invalid method for role viewer' }

/** Is a key asked for at all? */
export function wantsKey ({ adminKeyRequired, adminKeys }: AdminSettings): boolean {
  return adminKeyRequired && adminKeys !== null
}

/**
 * Judges the key of a request. A viewer may only GET. Every configured key is compared, each in constant time, so
 * that the time taken tells nothing about any of them.
 *
 * @param sent - the key that came with the request; undefined when none did
 */
export function judgeKey (sent: string | undefined, method: string, settings: AdminSettings): KeyVerdict {
  if (!wantsKey(settings)) return { kind: 'accepted' }
  if (sent === undefined) return { kind: 'refused', reason: 'missing apikey' }
  const [owner] = (settings.adminKeys ?? []).filter(candidate => isKey(candidate, sent))
  if (owner === undefined) return { kind: 'refused', reason: 'wrong apikey' }
  if (owner.role === 'viewer' && method !== 'GET') return { kind: 'refused', reason: 'invalid method for role viewer' }
  return { kind: 'accepted' }
}

function isKey ({ key }: AdminKey, sent: string): boolean {
  const isSame = timingSafeEqual(digest(String(key)), digest(sent))
  return isSame && key !== ''
}

// Equal lengths are what timingSafeEqual asks for.
function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
