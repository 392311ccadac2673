/** The member names and indexes of a JSON pointer (RFC 6901), as Ajv's `instancePath` is one. */
export function memberPath (pointer: string): string[] {
  return pointer.split('/').slice(1).map(readSegment)
}

export function readSegment (segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
