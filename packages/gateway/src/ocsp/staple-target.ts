import { findIssuer, parsePemCertificates, type Certificate } from '@clinch/ocsp-core'
import { stapleIdOf, type StoredSsl } from '@clinch/data-plane'

/** One certificate that is to be stapled, and how. */
export interface StapleTarget {
  readonly id: string
  readonly sslId: string
  readonly snis: readonly string[]
  readonly certificate: Certificate
  /** Undefined: none of the certificates at hand issued it. */
  readonly issuer: Certificate | undefined
  readonly responder: string | undefined
  readonly skipVerify: boolean
  readonly maxIntervalMs: number
  readonly maxAgeMs: number | undefined
  /** The same for two targets only if the same answer serves both. */
  readonly fingerprint: string
}

/** The members of `ocsp_stapling` that stapling reads (ocsp.md section 14), after their defaults were filled in. */
interface StaplingBlock {
  readonly enabled: boolean
  readonly skip_verify: boolean
  readonly ssl_stapling_responder: string
  readonly cache_ttl: number
  readonly ssl_trusted_certificate?: string
  readonly response_max_age?: number
}

/** The certificates of a stored ssl that want a staple; throws when one of them cannot be read. */
export function stapleTargetsOf (stored: StoredSsl): StapleTarget[] {
  const block = stored.ssl['ocsp_stapling'] as StaplingBlock | undefined // checked by the plugin's schema when it was read
  if (block?.enabled !== true || stored.ssl.status === 0 || stored.ssl.type !== 'server') return []
  const trusted = block.ssl_trusted_certificate === undefined ? [] : parsePemCertificates(block.ssl_trusted_certificate)
  const targets = [stored.ssl.cert ?? '', ...stored.ssl.certs ?? []].map((pem): StapleTarget => {
    const [certificate, ...chain] = parsePemCertificates(pem)
    if (certificate === undefined) throw new Error('failed to convert certificate chain from PEM to DER')
    const issuer = findIssuer(certificate, [...chain, ...trusted])
    return {
      id: stapleIdOf(stored.id, certificate.fingerprint),
      sslId: stored.id,
      snis: stored.ssl.sni !== undefined ? [stored.ssl.sni] : stored.ssl.snis ?? [],
      certificate,
      issuer,
      responder: block.ssl_stapling_responder === '' ? undefined : block.ssl_stapling_responder,
      skipVerify: block.skip_verify,
      maxIntervalMs: block.cache_ttl * 1000,
      maxAgeMs: block.response_max_age === undefined ? undefined : block.response_max_age * 1000,
      fingerprint: [issuer?.fingerprint, block.ssl_stapling_responder, block.skip_verify, block.cache_ttl, block.response_max_age].join('\n')
    }
  })
  return [...new Map(targets.map(target => [target.id, target])).values()]
}
