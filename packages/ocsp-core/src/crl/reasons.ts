import { type DerElement } from '../der/element.ts'
import { readNamedBits } from '../der/strings.ts'

/** A set of ReasonFlags as a number: bit n stands for flag n. [RFC 5280 4.2.1.13] */
export type ReasonSet = number

/** keyCompromise to aACompromise; flag 0 is not used. */
export const allReasons: ReasonSet = 0x1fe

/** Of an element that holds a BIT STRING, whatever its tag. */
export function readReasons (element: DerElement): ReasonSet {
  return [...readNamedBits(element)].reduce((set, flag) => set | (1 << Math.min(flag, 30)), 0) & allReasons
}
