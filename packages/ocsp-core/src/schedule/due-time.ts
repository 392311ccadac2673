import type { StatusWindow } from './staple-window.ts'

export interface DueOptions extends StatusWindow {
  readonly fetchedAtMs: number
  /** When a responder was last asked, successfully or not. */
  readonly lastTryMs: number
  /** max-age of the HTTP answer less its Age; a hint, never an extension. [RFC 9919 7.1, 8.5] */
  readonly httpMaxAgeMs?: number | undefined
  /** Ask at least this often, to notice our own revocation. */
  readonly maxIntervalMs: number
  /** In [0, 1). */
  readonly random: number
}

/**
 * When to ask again for a staple that is held, epoch milliseconds: somewhere between half and three quarters of its
 * window, which leaves a silent responder the rest.
 */
export function dueTime ({ thisUpdateMs, usableEndMs, fetchedAtMs, lastTryMs, httpMaxAgeMs, maxIntervalMs, random }: DueOptions): number {
  const widthMs = usableEndMs - thisUpdateMs
  const startMs = thisUpdateMs + widthMs / 2
  const endMs = thisUpdateMs + widthMs * 3 / 4
  const spreadMs = startMs + random * (endMs - startMs)
  const hintedMs = httpMaxAgeMs === undefined ? spreadMs : Math.min(Math.max(fetchedAtMs + httpMaxAgeMs, startMs), endMs)
  const noticedMs = Math.min(hintedMs, fetchedAtMs + maxIntervalMs * (0.9 + 0.2 * random))
  return Math.max(noticedMs, lastTryMs + minIntervalMs({ thisUpdateMs, usableEndMs }))
}

/** How long to wait after an answer that is valid but no newer than ours, milliseconds. `random` in [0, 1). */
export function unchangedDelay (window: StatusWindow, random: number): number {
  const sixteenthMs = (window.usableEndMs - window.thisUpdateMs) / 16
  return Math.max(minIntervalMs(window), sixteenthMs * (0.75 + 0.5 * random))
}

/** A tenth of the window, within 5 to 60 s: the least time between two tries. */
export function minIntervalMs ({ thisUpdateMs, usableEndMs }: StatusWindow): number {
  return Math.min(Math.max((usableEndMs - thisUpdateMs) / 10, 5_000), 60_000)
}
