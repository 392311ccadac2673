import { randomBytes } from 'node:crypto'

/** A UUID of version 7: 48 bits of Unix milliseconds, then random ones. [RFC 9562 5.7] */
export function generateUuidV7 (nowMs: number): string {
  const octets = randomBytes(16)
  octets.writeUIntBE(Math.max(0, Math.floor(nowMs)), 0, 6)
  octets.writeUInt8(0x70 | (octets.readUInt8(6) & 0x0f), 6)
  octets.writeUInt8(0x80 | (octets.readUInt8(8) & 0x3f), 8)
  const hex = octets.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
