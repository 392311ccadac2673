export interface ConcurrencyLimit {
  readonly conn: number
  readonly burst: number
}

/** @param active - this request included */
export function isTooMany (active: number, { conn, burst }: ConcurrencyLimit): boolean {
  return active > conn + burst
}

const mostDelayMs = 2 ** 31 - 1 // what a timer takes

/** How long a request waits that is taken beyond `conn`: the delay once for each `conn` requests before it. */
export function delayMsOf (active: number, conn: number, delayS: number): number {
  return active <= conn ? 0 : Math.min(delayS * 1000 * Math.floor((active - 1) / conn), mostDelayMs)
}
