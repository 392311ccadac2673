import { randomBytes } from 'node:crypto'

const epochSeconds = 1_400_000_000
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** 27 base-62 characters that sort by time: seconds since 2014-05-13 in 4 octets, then 16 random ones. */
export function generateKsuid (nowMs: number): string {
  const octets = Buffer.alloc(20)
  octets.writeUInt32BE(Math.max(0, Math.floor(nowMs / 1000) - epochSeconds) >>> 0)
  randomBytes(16).copy(octets, 4)
  let rest = BigInt(`0x${octets.toString('hex')}`)
  let id = ''
  for (let at = 0; at < 27; at++) {
    id = digits.charAt(Number(rest % 62n)) + id
    rest /= 62n
  }
  return id
}
