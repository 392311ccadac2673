import { randomInt } from 'node:crypto'

/** The first octets of loopback addresses that hardly anybody else takes. */
export function someNetwork (): string {
  return `127.${randomInt(100, 255)}.${randomInt(1, 255)}`
}
