import { BoundedMap } from '../bounded-map.ts'

/** Counts distinct URLs per minute and key (a client's address, a CA), so that the gateway is no cannon. */
export interface UrlBudget {
  /** Whether `url` may be asked on behalf of `key` now; asking the same URL again is free within the minute. */
  allows (key: string, url: string, nowMs: number): boolean
}

const minuteMs = 60_000

/**
 * @param options.perMinute - distinct URLs per key and minute
 * @param options.maxKeys - how many keys are kept; the longest unseen is forgotten first
 */
export function createUrlBudget ({ perMinute = 60, maxKeys = 10_000 }: { perMinute?: number, maxKeys?: number } = {}): UrlBudget {
  const spent = new BoundedMap<{ startMs: number, urls: Set<string> }>(maxKeys)
  return {
    allows (key, url, nowMs) {
      const known = spent.get(key)
      const current = known !== undefined && nowMs >= known.startMs && nowMs < known.startMs + minuteMs ? known : { startMs: nowMs, urls: new Set<string>() }
      spent.set(key, current)
      if (current.urls.has(url)) return true
      if (current.urls.size >= perMinute) return false
      current.urls.add(url)
      return true
    }
  }
}
