import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Encrypts texts so that nobody can read or change them without the keyring, nor put one in the place of another. */
export interface Sealing {
  /** @param place - what the text stands for; `open` must be given the same */
  seal (text: string, place: string): Buffer
  /** Undefined when no entry of the keyring opens it. */
  open (sealed: Uint8Array, place: string): string | undefined
  /** The same, with the entry that `seal` uses alone. */
  openCurrent (sealed: Uint8Array, place: string): string | undefined
}

const cipherName = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM with a key derived from each entry of the keyring (HKDF, RFC 5869), a random IV for each text. Without entries the
 * key is one that everybody can derive: what was changed is noticed, and nothing is hidden.
 */
export function createSealing (entries: string | readonly string[] | null): Sealing {
  const texts = [entries ?? []].flat()
  const keys = (texts.length === 0 ? [''] : texts).map(entry => Buffer.from(hkdfSync('sha256', entry, '', 'clinch copy of the configuration', 32)))
  const current = keys.slice(0, 1)
  return {
    seal (text, place) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv(cipherName, keys[0] as Buffer, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(place)) // there is always one
      const octets = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), octets])
    },
    open: (sealed, place) => openWithAny(keys, sealed, place),
    openCurrent: (sealed, place) => openWithAny(current, sealed, place)
  }
}

function openWithAny (keys: readonly Buffer[], sealed: Uint8Array, place: string): string | undefined {
  for (const key of keys) {
    try {
      const decipher = createDecipheriv(cipherName, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes))
      return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]).toString()
    } catch {} // another entry's, or changed
  }
  return undefined
}
