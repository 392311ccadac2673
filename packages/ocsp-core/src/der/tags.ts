export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31
} as const

/** `[n]` around or in place of a primitive value. */
export const contextPrimitive = (n: number): number => 0x80 | n

/** `[n]` around or in place of a constructed value. */
export const contextConstructed = (n: number): number => 0xa0 | n
