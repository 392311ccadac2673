import type { KeyObject } from 'node:crypto'

const minRsaBits = 2048
const strongCurves: ReadonlySet<string> = new Set([
  'prime256v1', 'secp384r1', 'secp521r1', 'secp256k1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'
])
const strongTypes: ReadonlySet<string> = new Set(['ed25519', 'ed448'])

/** RSA of 2048 bits and more, curves of 256 bits and more, Ed25519, Ed448. */
export function isStrongKey ({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): boolean {
  if (type === 'rsa' || type === 'rsa-pss') return (details.modulusLength ?? 0) >= minRsaBits
  if (type === 'ec') return strongCurves.has(details.namedCurve ?? '')
  return strongTypes.has(type ?? '')
}
