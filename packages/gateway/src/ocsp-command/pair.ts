import type { Certificate } from '@clinch/ocsp-core'

/** The certificate in question and the one whose key signed it. */
export interface Pair {
  readonly certificate: Certificate
  readonly issuer: Certificate
}
