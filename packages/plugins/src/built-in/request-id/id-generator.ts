import { randomInt, randomUUID } from 'node:crypto'
import { generateKsuid } from './ksuid.ts'
import { generateUuidV7 } from './uuid-v7.ts'

export const algorithms = ['uuid', 'nanoid', 'range_id', 'ksuid', 'uuidv7'] as const
export type Algorithm = typeof algorithms[number]

const nanoidAlphabet = 'useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict'

/** A source of ids; all of them draw from the system's secure generator. */
export function createIdGenerator (
  algorithm: Algorithm,
  range: { readonly length: number, readonly char_set: string },
  now: () => number
): () => string {
  switch (algorithm) {
    case 'uuid': return () => randomUUID()
    case 'uuidv7': return () => generateUuidV7(now())
    case 'ksuid': return () => generateKsuid(now())
    case 'nanoid': return () => pickCharacters(nanoidAlphabet, 21)
    case 'range_id': return () => pickCharacters(range.char_set, range.length)
  }
}

// randomInt has no bias towards the first characters, as a remainder would have.
function pickCharacters (alphabet: string, length: number): string {
  let id = ''
  for (let at = 0; at < length; at++) id += alphabet.charAt(randomInt(alphabet.length))
  return id
}
