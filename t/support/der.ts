/** A small DER writer for tests. It can also write what DER forbids: `tlv` takes any octets for a length. */
export function der (tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return tlv(tag, lengthOctets(content.length), content)
}

export const tlv = (tag: number, length: Uint8Array, content: Uint8Array): Buffer => Buffer.concat([Buffer.from([tag]), length, content])

export const sequence = (...members: readonly Uint8Array[]): Buffer => der(0x30, ...members)
export const set = (...members: readonly Uint8Array[]): Buffer => der(0x31, ...members)
export const octetString = (...contents: readonly Uint8Array[]): Buffer => der(0x04, ...contents)
export const bitString = (octets: Uint8Array, unusedBits = 0): Buffer => der(0x03, Buffer.from([unusedBits]), octets)
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]))
export const enumerated = (value: number): Buffer => der(0x0a, Buffer.from([value]))
export const nul = (): Buffer => der(0x05)

/** `[n]` around something. */
export const explicit = (n: number, ...contents: readonly Uint8Array[]): Buffer => der(0xa0 | n, ...contents)

/** `[n]` in place of a primitive tag. */
export const implicit = (n: number, ...contents: readonly Uint8Array[]): Buffer => der(0x80 | n, ...contents)

/** From content octets as they are, or from a small number. */
export const integer = (value: number | Uint8Array): Buffer => der(0x02, typeof value === 'number' ? numberOctets(value) : value)

export function oid (dotted: string): Buffer {
  const [root = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets = [root * 40 + second, ...rest].flatMap(arc => {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    return groups
  })
  return der(0x06, Buffer.from(octets))
}

/** `20260131235959Z` */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')
export const generalizedTime = (when: number | string): Buffer => der(0x18, Buffer.from(typeof when === 'number' ? timeText(when) : when))

/** UTCTime up to 2049, GeneralizedTime after. */
export function certificateTime (ms: number): Buffer {
  return new Date(ms).getUTCFullYear() < 2050 ? der(0x17, Buffer.from(timeText(ms).slice(2))) : generalizedTime(ms)
}

export function lengthOctets (length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets = numberOctets(length)
  const unsigned = octets[0] === 0 ? octets.subarray(1) : octets
  return Buffer.concat([Buffer.from([0x80 | unsigned.length]), unsigned])
}

export function pem (label: string, octets: Uint8Array): string {
  const lines = Buffer.from(octets).toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function numberOctets (value: number): Buffer {
  const hex = value.toString(16)
  const octets = Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex')
  return ((octets[0] ?? 0) & 0x80) !== 0 ? Buffer.concat([Buffer.from([0]), octets]) : octets
}
