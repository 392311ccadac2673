import { timingSafeEqual } from 'node:crypto'
import { DerCursor } from '../der/cursor.ts'
import { contentOf } from '../der/element.ts'
import type { Extensions } from '../der/extensions.ts'
import { tags } from '../der/tags.ts'
import { oids } from '../oids.ts'
import { Fault } from './fault.ts'
import type { VerifyPolicy } from './policy.ts'

const maxOctets = 128

/** Compares what came back with what was sent. Nothing sent: nothing to compare. [RFC 9654 2.1, RFC 9919 5] */
export function nonceFault (extensions: Extensions, nonceSent: Uint8Array | undefined, policy: VerifyPolicy): Fault | undefined {
  if (nonceSent === undefined) return undefined
  const extension = extensions.get(oids.ocspNonce)
  if (extension === undefined) return policy.nonce === 'required' ? new Fault('OCSP_ERR_NONCE_MISSING') : undefined
  const returned = unwrap(extension.value)
  const sizeAllowed = returned !== undefined && returned.length >= 1 && returned.length <= maxOctets
  const same = sizeAllowed && returned.length === nonceSent.length && timingSafeEqual(returned, nonceSent)
  return same ? undefined : new Fault('OCSP_ERR_NONCE_MISMATCH')
}

function unwrap (value: Buffer): Buffer | undefined {
  try {
    return contentOf(DerCursor.whole(value, tags.octetString, 'nonce'))
  } catch {
    return undefined
  }
}
