import type { Certificate } from '../certificate/certificate.ts'

export interface ResponderOverrides {
  /** Configured for this certificate. */
  readonly override?: string | undefined
  /** Configured for its issuer. */
  readonly issuerOverride?: string | undefined
}

const maxResponders = 4

/**
 * The responders to ask, in order: an override takes the place of everything below it, else the id-ad-ocsp URIs of the
 * certificate. Only http and https, at most 4. Empty when nobody can be asked. [RFC 5280 4.2.2.1, RFC 9919 4.1]
 */
export function respondersFor (certificate: Certificate, { override, issuerOverride }: ResponderOverrides = {}): readonly string[] {
  const chosen = override || issuerOverride
  const uris = chosen ? [chosen] : certificate.ocspUris
  return [...new Set(uris)].filter(isHttp).slice(0, maxResponders)
}

const isHttp = (uri: string): boolean => /^https?:\/\/[^/?#]/i.test(uri) && URL.canParse(uri)
