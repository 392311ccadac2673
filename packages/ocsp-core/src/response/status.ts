import { oids } from '../oids.ts'
import type { BasicResponse } from './basic-response.ts'
import { reasonName } from '../reason-name.ts'
import { Fault } from './fault.ts'
import type { MatchingEntry } from './matching.ts'
import type { CertStatus } from './single-response.ts'
import { judgeTime, type TimePolicy, type Window } from './time.ts'
import type { StatusVerdict } from './verdict.ts'

/** An entry that has stood the test of time. */
export interface TimelyEntry extends Window {
  readonly entry: MatchingEntry
}

const certificateHold = 6
const strictness = { good: 0, unknown: 1, revoked: 2 } as const satisfies Record<CertStatus['kind'], number>

/** The entries that are in time; if none is, what ails the most recent one. */
export function timelyEntries (matching: readonly MatchingEntry[], basic: BasicResponse, nowMs: number, policy: TimePolicy): TimelyEntry[] | Fault {
  const newestFirst = matching.toSorted((a, b) => b.thisUpdateMs - a.thisUpdateMs)
  const timely: TimelyEntry[] = []
  let firstFault: Fault | undefined
  for (const entry of newestFirst) {
    const judged = judgeTime(entry, basic.producedAtMs, nowMs, policy)
    if (judged instanceof Fault) firstFault ??= judged
    else timely.push({ ...judged, entry })
  }
  return timely.length > 0 ? timely : firstFault ?? new Fault('OCSP_ERR_CERT_ID_NOT_FOUND')
}

/** The strictest entry decides: revoked, then unknown, then good; among equals the most recent. */
export function decidingEntry (timely: readonly TimelyEntry[]): TimelyEntry | undefined {
  return timely.toSorted((a, b) => strictness[b.entry.status.kind] - strictness[a.entry.status.kind])[0]
}

/** Status, with time and reason if revoked, and the hash of the CertID. [RFC 6960 2.2, 4.4.8] */
export function statusFacts (entry: MatchingEntry, basic: BasicResponse): Pick<StatusVerdict, 'kind' | 'hash' | 'revokedAtMs' | 'reason' | 'detail'> {
  const { status, hash } = entry
  if (status.kind !== 'revoked') return { kind: status.kind, hash }
  const { revokedAtMs, reasonNumber } = status
  const notIssued = reasonNumber === certificateHold && revokedAtMs === 0 && basic.extensions.has(oids.ocspExtendedRevoke)
  return {
    kind: 'revoked',
    hash,
    revokedAtMs,
    ...(reasonNumber === undefined ? {} : { reason: reasonName(reasonNumber) }),
    ...(notIssued ? { detail: 'not_issued' as const } : {})
  }
}
