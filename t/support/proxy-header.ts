/** Octets of a header of the PROXY protocol's version 2. */
export interface Version2Options {
  /** Version and command; 0x21 is PROXY, 0x20 LOCAL. */
  readonly command?: number
  /** Address family and transport; 0x11 is TCP over IPv4. */
  readonly protocol?: number
  readonly ends?: Buffer
  readonly tlvs?: Buffer
  /** In place of the true one. */
  readonly length?: number
}

export function version2 ({ command = 0x21, protocol = 0x11, ends = ipv4Ends, tlvs = Buffer.alloc(0), length = ends.length + tlvs.length }: Version2Options = {}): Buffer {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1')
  head[12] = command
  head[13] = protocol
  head.writeUInt16BE(length, 14)
  return Buffer.concat([head, ends, tlvs])
}

/** 192.0.2.7:40000 to 198.51.100.1:443. */
export const ipv4Ends = Buffer.from('c0000207c63364019c4001bb', 'hex')

/** [2001:db8::7]:40000 to [2001:db8::1]:443. */
export const ipv6Ends = Buffer.from('20010db800000000000000000000000720010db80000000000000000000000019c4001bb', 'hex')

export function tlv (type: number, value: string | Buffer): Buffer {
  const octets = Buffer.from(value)
  return Buffer.concat([Buffer.from([type, octets.length >> 8, octets.length & 0xff]), octets])
}
