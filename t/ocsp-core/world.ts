import { type Certificate, staplePolicy, type Verdict, type VerifyPolicy, verifyResponse } from '@clinch/ocsp-core'
import { buildResponse, type EntrySpec, type ResponseSpec } from '../support/ocsp-response.ts'
import { type Authority, createAuthority, type Issued } from '../support/pki.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** A whole second, as DER times are. */
export const nowMs = Math.floor(Date.now() / 1000) * 1000

export interface Judging {
  readonly policy?: Partial<VerifyPolicy>
  readonly nowMs?: number
  readonly nonceSent?: Uint8Array
  readonly certificate?: Certificate
  readonly issuer?: Certificate
}

export interface World {
  readonly ca: Authority
  readonly leaf: Issued
  readonly delegate: Issued
  /** An entry that says good of the leaf, in the middle of its window. */
  entry (changes?: Partial<EntrySpec>): EntrySpec
  /** Signed by the delegate, which is embedded, unless changed. */
  response (changes?: Partial<ResponseSpec>): Buffer
  verify (der: Uint8Array, judging?: Judging): Verdict
  /** `good`, `revoked`, `unknown`, or the code without its prefix, with its reason. */
  outcome (changes?: Partial<ResponseSpec>, judging?: Judging): string
}

/** One CA, one leaf, one delegate; each test changes what it is about. */
export function createWorld (ca: Authority = createAuthority({ name: 'World CA' })): World {
  const leaf = ca.issue({ sans: ['leaf.test'] })
  const delegate = ca.issueDelegate()
  const entry: World['entry'] = changes => ({
    certificate: leaf.certificate, issuer: ca.certificate, thisUpdate: nowMs - hourMs, nextUpdate: nowMs + hourMs, ...changes
  })
  const response: World['response'] = changes => buildResponse({
    entries: [entry()], signer: delegate, certs: [delegate.certDer], producedAt: nowMs - hourMs, ...changes
  })
  const verify: World['verify'] = (der, { policy, ...judging } = {}) => verifyResponse({
    der, certificate: leaf.certificate, issuer: ca.certificate, nowMs, ...judging, policy: { ...staplePolicy, ...policy }
  })
  return { ca, leaf, delegate, entry, response, verify, outcome: (changes, judging) => shortly(verify(response(changes), judging)) }
}

export function shortly (verdict: Verdict): string {
  if (verdict.kind !== 'indeterminate') return verdict.kind
  return [verdict.code.replace('OCSP_ERR_', ''), ...(verdict.reason === undefined ? [] : [verdict.reason])].join(' ')
}
