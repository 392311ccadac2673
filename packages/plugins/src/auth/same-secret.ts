import { hash, timingSafeEqual } from 'node:crypto'

/**
 * Compares in a time that says nothing of where the two differ, nor of their lengths.
 *
 * @param held - what a consumer has; what is no text fits nothing
 */
export function isSameSecret (held: unknown, sent: string): boolean {
  return timingSafeEqual(digest(String(held)), digest(sent)) && typeof held === 'string'
}

function digest (text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
