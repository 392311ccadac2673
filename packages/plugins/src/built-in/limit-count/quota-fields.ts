import type { ResponseHead } from '../../contract/request-context.ts'
import type { Outcome } from './quota.ts'

/** What a request's client is told of one quota. */
export interface ToldQuota {
  readonly headerPrefix: string | undefined
  readonly key: string
  readonly limit: number
  readonly outcome: Outcome
}

interface FieldNames {
  readonly limit_header: string
  readonly remaining_header: string
  readonly reset_header: string
}

/** @param names - of the plugin's metadata; quotas with a prefix go by that instead */
export function setQuotaFields ({ headers }: ResponseHead, told: readonly ToldQuota[], names: FieldNames): void {
  for (const { headerPrefix, limit, outcome } of told) {
    const field = headerPrefix === undefined ? names : fieldNames(`X-${headerPrefix}`)
    headers.set(field.limit_header, String(limit))
    headers.set(field.remaining_header, String(outcome.remaining))
    headers.set(field.reset_header, String(outcome.resetS))
  }
}

export function fieldNames (start: string): FieldNames {
  return { limit_header: `${start}-RateLimit-Limit`, remaining_header: `${start}-RateLimit-Remaining`, reset_header: `${start}-RateLimit-Reset` }
}

/** The variable `rate_limiting_info` (data-plane.md 6.2): the quota that was looked at last. */
export function rateLimitingInfo (told: readonly ToldQuota[]): string | undefined {
  const last = told.at(-1)
  if (last === undefined) return undefined
  const { key, limit, outcome } = last
  return JSON.stringify({ rate_limiting_key: key, rate_limiting_limit: limit, rate_limiting_remaining: outcome.remaining, rate_limiting_reset: outcome.resetS })
}
