/** What a head's fields take in HTTP/1.1: `name: value` and a line end each. @param fields - names and values in turn */
export function fieldBytes (fields: ReadonlyArray<string | Buffer>): number {
  let bytes = 0
  for (const part of fields) bytes += part.length // octets: header text is Latin-1
  return bytes + fields.length * 2
}

/** A head: its first line, its fields and the empty line. */
export function headBytes (firstLine: string, fields: ReadonlyArray<string | Buffer>): number {
  return firstLine.length + fieldBytes(fields) + 4
}
