import type { ServerOptions } from 'node:http2'
import type { ClientLimits } from './client-limits.ts'

/**
 * What one HTTP/2 connection of a client may ask for, as options of a server; beyond it node ends the connection. Resets are
 * counted against CVE-2023-44487.
 */
export function http2OptionsOf ({ maxHeadBytes, maxHeadFields, maxStreams, framesAtOnce, framesASecond }: ClientLimits) {
  return {
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: 2 * maxHeadBytes },
    maxHeaderListPairs: maxHeadFields,
    maxSettings: 32,
    maxOutstandingPings: 10,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    streamResetBurst: framesAtOnce,
    streamResetRate: framesASecond
  } satisfies ServerOptions
}

/** Whether a session ended because of what its client sent, of all that can end one (`sessionError`). */
export function isMisuse ({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('ERR_HTTP2_') === true
}
