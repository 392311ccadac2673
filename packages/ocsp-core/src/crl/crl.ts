import type { CrlEntries } from './entries.ts'
import type { CrlScope } from './scope.ts'

/** A CRL whose signature was verified. What is left of it is small: the octets as they came are not needed any more. */
export interface Crl extends CrlEntries {
  /** The Name. */
  readonly issuerDer: Buffer
  readonly signer: { readonly kind: 'issuer' | 'crlIssuer', readonly subject: string, readonly fingerprint: string, readonly notAfterMs: number }
  readonly thisUpdateMs: number
  readonly nextUpdateMs: number | undefined
  /** cRLNumber in hexadecimal. */
  readonly number: string | undefined
  readonly scope: CrlScope
}
