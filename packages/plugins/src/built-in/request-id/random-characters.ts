import { randomFillSync } from 'node:crypto'

/** The most characters that an alphabet may have. */
export const maxAlphabet = 256

/**
 * A source of texts of that length whose characters are drawn evenly from the alphabet. The octets come from the
 * system's secure generator, some thousand at once: to ask for each by itself costs more than all the rest.
 */
export function createPicker (alphabet: string, length: number): () => string {
  const limit = 256 - 256 % alphabet.length // what is above would make the first characters come more often
  return () => {
    let text = ''
    while (text.length < length) {
      const octet = nextOctet()
      if (octet < limit) text += alphabet.charAt(octet % alphabet.length)
    }
    return text
  }
}

const pool = Buffer.allocUnsafeSlow(4096)
let used = pool.length

function nextOctet (): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  return pool[used++] ?? 0
}
