import type { Keyring } from './keyring.ts'

const pemStart = '---'

/**
 * The text to store: PEM is encrypted. So is, anew with the first entry, what an older entry of the keyring opens, so that
 * writing an object again is all that it takes to let go of an old entry. Anything else (a secret reference, what no entry
 * opens) stays, and so does a text that the first entry made: encryption is deterministic.
 */
export function encryptPrivateKey (keyring: Keyring, text: string): string {
  const pem = decryptPrivateKey(keyring, text)
  return pem?.startsWith(pemStart) === true ? keyring.encrypt(pem) : text
}

/**
 * The PEM of a stored text, undefined if no entry of the keyring opens it. References (`$env://`, `$secret://`) are
 * the caller's to resolve first.
 */
export function decryptPrivateKey (keyring: Keyring, stored: string): string | undefined {
  return stored.startsWith(pemStart) ? stored : keyring.decrypt(stored, { expectPem: true })
}
