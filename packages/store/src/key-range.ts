export interface KeyRange {
  readonly start: Buffer
  /** Exclusive. */
  readonly end: Buffer
}

const afterEverything = Buffer.from([0])

/**
 * The bytes between which every key starting with `prefix` lies. The empty prefix means every key, which etcd writes
 * as `\0` to `\0`; 0xff never ends UTF-8 text, so that the last byte can always be counted up.
 */
export function keyRangeOf (prefix: string): KeyRange {
  if (prefix === '') return { start: afterEverything, end: afterEverything }
  const start = Buffer.from(prefix)
  const end = Buffer.from(start)
  const last = end.length - 1
  end.writeUInt8(end.readUInt8(last) + 1, last)
  return { start, end }
}
