import { randomUUID } from 'node:crypto'
import { generateKsuid } from './ksuid.ts'
import { createPicker } from './random-characters.ts'
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
    case 'nanoid': return createPicker(nanoidAlphabet, 21)
    case 'range_id': return createPicker(range.char_set, range.length)
  }
}
