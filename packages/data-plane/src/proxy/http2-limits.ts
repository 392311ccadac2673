import type { ServerOptions } from 'node:http2'

/**
 * What one HTTP/2 connection of a client may ask for; beyond it node ends the connection. Streams at once are as many
 * as nginx allows. Resets are counted against CVE-2023-44487: this many at once, then so many a second.
 */
export const http2Limits = {
  settings: { maxConcurrentStreams: 128 },
  maxSettings: 32,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  streamResetBurst: 1000,
  streamResetRate: 33
} as const satisfies ServerOptions
