/** Header values as undici gives them. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>

/** When to come back, by HTTP; hints for scheduling, never signed. Milliseconds. [RFC 9111, RFC 9919 8.5] */
export interface HttpHints {
  readonly maxAgeMs?: number
  readonly ageMs?: number
}

const longestMs = 365 * 24 * 3_600_000

export function httpHints (headers: HttpHeaders): HttpHints {
  const directives = textOf(headers['cache-control']).toLowerCase()
  const maxAgeMs = /(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,])/.test(directives) ? undefined : secondsToMs(/(?:^|[\s,])max-age="?(\d+)"?(?:$|[\s,])/.exec(directives)?.[1])
  const ageMs = secondsToMs(textOf(headers['age']))
  return { ...(maxAgeMs === undefined ? {} : { maxAgeMs }), ...(ageMs === undefined ? {} : { ageMs }) }
}

/** Retry-After in seconds or as a date, milliseconds from `nowMs`; what makes no sense is undefined. [RFC 9110 10.2.3] */
export function retryAfterMs (headers: HttpHeaders, nowMs: number): number | undefined {
  const text = textOf(headers['retry-after']).trim()
  const waitMs = secondsToMs(text)
  if (waitMs !== undefined) return waitMs
  const dateMs = /GMT$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(dateMs) ? undefined : Math.min(Math.max(dateMs - nowMs, 0), longestMs)
}

function secondsToMs (digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d+$/.test(digits) ? Math.min(Number(digits) * 1000, longestMs) : undefined
}

const textOf = (value: string | string[] | undefined): string => Array.isArray(value) ? value.join(',') : value ?? ''
