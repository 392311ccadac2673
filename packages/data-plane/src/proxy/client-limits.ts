/** How much of what comes before a body a client may send. */
export interface ClientLimits {
  /** Octets of a request's head in HTTP/1.1; in HTTP/2, where each field counts for 32 more, twice as many. */
  readonly maxHeadBytes: number
  readonly maxHeadFields: number
  /** Of HTTP/2: streams side by side. */
  readonly maxStreams: number
  /** Of HTTP/2: frames that make work and bring nothing, resets, PING and SETTINGS of each kind, at once and then a second. */
  readonly framesAtOnce: number
  readonly framesASecond: number
}

/** As many octets as nginx takes (four buffers of 8 KiB), its fields and its streams. */
export const defaultClientLimits: ClientLimits = { maxHeadBytes: 32 * 1024, maxHeadFields: 1000, maxStreams: 128, framesAtOnce: 1000, framesASecond: 33 }
