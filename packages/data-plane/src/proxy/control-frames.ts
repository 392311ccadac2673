import type { ServerHttp2Session } from 'node:http2'
import type { ClientLimits } from './client-limits.ts'

/** A PING takes 17, and the smallest request 12: where more than this comes for each PING they are not all there is. */
const octetsAPing = 24

const ENHANCE_YOUR_CALM = 11 // RFC 9113 7

/**
 * Ends a connection that is used for hardly anything but frames that have to be answered, PING and SETTINGS (CVE-2019-9512,
 * CVE-2019-9515). Of PING the number alone says nothing: some clients measure with one each time that data came.
 *
 * @param now - milliseconds, monotonic
 * @param onEnd - told of it
 */
export function limitControlFrames (session: ServerHttp2Session, limits: Pick<ClientLimits, 'framesAtOnce' | 'framesASecond'>, now: () => number, onEnd: () => void): void {
  let octetsBefore = 0
  const end = (): void => {
    onEnd()
    session.destroy(undefined, ENHANCE_YOUR_CALM)
  }
  session.on('remoteSettings', countingUpTo(limits, now, end))
  session.on('ping', countingUpTo(limits, now, () => {
    const octets = session.socket.bytesRead
    if (octets - octetsBefore < limits.framesAtOnce * octetsAPing) end()
    octetsBefore = octets
  }))
}

/** Counts its calls, and tells when there were too many within their time. */
function countingUpTo ({ framesAtOnce, framesASecond }: Pick<ClientLimits, 'framesAtOnce' | 'framesASecond'>, now: () => number, onMany: () => void): () => void {
  let frames = 0
  let sinceMs = now()
  return () => {
    if (++frames < framesAtOnce) return
    const nowMs = now()
    const isFast = nowMs - sinceMs < framesAtOnce / framesASecond * 1000
    frames = 0
    sinceMs = nowMs
    if (isFast) onMany()
  }
}
