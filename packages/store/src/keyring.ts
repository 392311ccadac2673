import { createCipheriv, createDecipheriv } from 'node:crypto'

export interface DecryptOptions {
  /** Take only a text that begins like PEM (`---`). */
  readonly expectPem?: boolean
}

/** Encryption of secrets at rest as APISIX does it. It is deterministic: equal texts give equal cipher texts. */
export interface Keyring {
  /** Nothing is encrypted, and stored text is used as it is. */
  readonly isEmpty: boolean
  /** With the first entry; base64 on one line. */
  encrypt (plain: string): string
  /** What each entry makes of a text: all that may be stored for it. */
  cipherTexts (plain: string): readonly string[]
  /** With the first entry that gives a plausible text; undefined if none does. */
  decrypt (cipherText: string, options?: DecryptOptions): string | undefined
}

const blockBytes = 16
const base64 = /^[A-Za-z0-9+/]+={0,2}$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A keyring from `apisix.data_encryption.keyring`: AES-CBC, the entry being the key and its first 16 bytes the IV.
 *
 * @param entries - each 16 bytes (AES-128) or 32 bytes (AES-256); null or none for an empty keyring
 * @throws RangeError for an entry of another length; the message says which one, never what it is
 */
export function createKeyring (entries: string | readonly string[] | null): Keyring {
  const texts = entries === null ? [] : typeof entries === 'string' ? [entries] : entries
  const keys = texts.map(readKey)
  const [first] = keys
  if (first === undefined) return { isEmpty: true, encrypt: plain => plain, cipherTexts: () => [], decrypt: cipherText => cipherText }
  return {
    isEmpty: false,
    encrypt: plain => encryptWith(first, plain),
    cipherTexts: plain => keys.map(key => encryptWith(key, plain)),
    decrypt: (cipherText, options) => decryptWithAny(keys, cipherText, options?.expectPem ?? false)
  }
}

function readKey (text: string, index: number): Buffer {
  const key = Buffer.from(text)
  if (key.length === 16 || key.length === 32) return key
  throw new RangeError(`keyring entry ${index + 1} has ${key.length} bytes, it must have 16 or 32`)
}

function encryptWith (key: Buffer, plain: string): string {
  const cipher = createCipheriv(algorithmOf(key), key, key.subarray(0, blockBytes))
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]).toString('base64')
}

/** A wrong key passes for a right one about once in 256 times, padding being all that CBC checks; hence the look at the text. */
function decryptWithAny (keys: readonly Buffer[], cipherText: string, expectPem: boolean): string | undefined {
  if (!base64.test(cipherText)) return undefined
  const cipherBytes = Buffer.from(cipherText, 'base64')
  for (const key of keys) {
    const plain = decryptWith(key, cipherBytes)
    if (plain !== undefined && (!expectPem || plain.startsWith('---'))) return plain
  }
  return undefined
}

function decryptWith (key: Buffer, cipherBytes: Buffer): string | undefined {
  const decipher = createDecipheriv(algorithmOf(key), key, key.subarray(0, blockBytes))
  try {
    return utf8.decode(Buffer.concat([decipher.update(cipherBytes), decipher.final()]))
  } catch {
    return undefined
  }
}

function algorithmOf (key: Buffer): string {
  return key.length === 32 ? 'aes-256-cbc' : 'aes-128-cbc'
}
