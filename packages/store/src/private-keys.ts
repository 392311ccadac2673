import type { Keyring } from './keyring.ts'

const pemStart = '---'

/** The text to store: PEM is encrypted, anything else (encrypted before, a secret reference) stays, so that sending a stored text again changes nothing. */
export function encryptPrivateKey (keyring: Keyring, text: string): string {
  return text.startsWith(pemStart) ? keyring.encrypt(text) : text
}

/**
 * The PEM of a stored text, undefined if no entry of the keyring opens it. References (`$env://`, `$secret://`) are
 * the caller's to resolve first.
 */
export function decryptPrivateKey (keyring: Keyring, stored: string): string | undefined {
  return stored.startsWith(pemStart) ? stored : keyring.decrypt(stored, { expectPem: true })
}
