import { StringDecoder } from 'node:string_decoder'

/** The beginning of a body as text; a character that the end cuts in two is left out. */
export function bodyText (body: Buffer, maxBytes: number): string {
  return new StringDecoder('utf8').write(body.subarray(0, maxBytes))
}
