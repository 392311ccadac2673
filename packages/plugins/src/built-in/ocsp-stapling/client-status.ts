import type { ClientVerdict } from '../../contract/host.ts'
import type { ClientDecision } from './decide-client.ts'

export type StatusWord = 'good' | 'revoked' | 'unknown' | 'indeterminate' | 'not-applicable' | 'not-checked'

interface StatusFacts {
  readonly word: StatusWord
  readonly source?: 'ocsp' | 'crl' | 'cache'
  /** When a source was last asked. */
  readonly checkedMs?: number | undefined
  /** When the verdict ends. */
  readonly nextMs?: number
  /** The code of an indeterminate one, or why there was nothing to ask. */
  readonly reason?: string
}

/** What is told of a client's certificate to upstreams, templates and logs. */
export class ClientStatus {
  readonly word: StatusWord
  readonly source: StatusFacts['source'] | undefined
  /** Epoch seconds. */
  readonly checked: string | undefined
  /** Epoch seconds. */
  readonly next: string | undefined
  readonly reason: string | undefined
  /**
   * `good; source=ocsp; checked=1751328000; next=1751331600`: an Item of RFC 9651 whose value is a Token. Times are
   * Integers and not Dates, which parsers of RFC 8941 refuse.
   */
  readonly field: string

  constructor ({ word, source, checkedMs, nextMs, reason }: StatusFacts) {
    this.word = word
    this.source = source
    this.checked = secondsOf(checkedMs)
    this.next = secondsOf(nextMs)
    this.reason = reason
    const parameters = { reason, source, checked: this.checked, next: this.next }
    this.field = [word, ...Object.entries(parameters).flatMap(([name, value]) => value === undefined ? [] : [`${name}=${value}`])].join('; ')
  }
}

/** There was a certificate, and no reason to ask about it. */
export const notChecked = new ClientStatus({ word: 'not-checked' })

/**
 * What the verdicts on a client's certificates come to (ocsp.md 10.2): the worst of them; of several that are alike, the
 * one that ends first.
 *
 * @param decisions - about each of the verdicts
 */
export function clientStatus (verdicts: readonly ClientVerdict[], decisions: readonly ClientDecision[]): ClientStatus {
  const ranked = verdicts.map((verdict, at) => rank(verdict, decisions[at] === 'pass'))
  ranked.sort((a, b) => a.severity - b.severity || (a.facts.nextMs ?? 0) - (b.facts.nextMs ?? 0))
  return new ClientStatus(ranked[0]?.facts ?? { word: 'indeterminate' })
}

interface Ranked {
  /** The lowest is the worst. */
  readonly severity: number
  readonly facts: StatusFacts
}

function rank (verdict: ClientVerdict, passes: boolean): Ranked {
  switch (verdict.kind) {
    case 'revoked': return { severity: 0, facts: found(verdict) }
    case 'unknown': return { severity: 1, facts: found(verdict) }
    case 'indeterminate': return { severity: 2, facts: { word: 'indeterminate', reason: verdict.code } }
    // a good one that has ended vouches for nothing
    case 'good': return passes ? { severity: 4, facts: found(verdict) } : { severity: 2, facts: { word: 'indeterminate', reason: 'OCSP_ERR_EXPIRED' } }
    // nobody vouches for one without a responder; with the others there is nothing to vouch for
    case 'notApplicable': return { severity: verdict.reason === 'noResponder' ? 3 : 5, facts: { word: 'not-applicable', reason: verdict.reason } }
  }
}

function found ({ kind, source, checkedAtMs, usableEndMs }: Extract<ClientVerdict, { readonly source: unknown }>): StatusFacts {
  return { word: kind, source, checkedMs: checkedAtMs, nextMs: usableEndMs }
}

function secondsOf (epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : String(Math.floor(epochMs / 1000))
}
