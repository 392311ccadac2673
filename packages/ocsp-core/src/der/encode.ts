import { oidContent } from './oid.ts'
import { tags } from './tags.ts'

/** Tag, shortest length, value. */
export function encode (tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content])
}

export const encodeSequence = (...members: readonly Uint8Array[]): Buffer => encode(tags.sequence, ...members)

export const encodeOid = (dotted: string): Buffer => encode(tags.oid, oidContent(dotted))

function lengthOctets (length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256)
  return [0x80 | octets.length, ...octets]
}
