import { resolve } from 'node:path'
import { findIssuer, parsePemCertificates, respondersFor, statusKey, type Certificate, type VerifyPolicy } from '@clinch/ocsp-core'
import { stapleIdOf, type StoredSsl } from '@clinch/data-plane'
import { ocspStaplingOf } from '@clinch/plugins'

/** One certificate that is to be stapled, and how. */
export interface StapleTarget {
  readonly id: string
  readonly sslId: string
  readonly snis: readonly string[]
  readonly certificate: Certificate
  /** Undefined: none of the certificates at hand issued it. */
  readonly issuer: Certificate | undefined
  /** Whether anything stands behind the certificate. */
  readonly hasChain: boolean
  /** Whom to ask, in order. */
  readonly responders: readonly string[]
  /** `ssl_stapling_file`: the response is this file's, and no responder is asked. */
  readonly file: string | undefined
  readonly skipVerify: boolean
  readonly maxIntervalMs: number
  readonly policy: VerifyPolicy
  /** The name of what is kept for it on disk and shared in a cluster; undefined without an issuer. */
  readonly key: string | undefined
  /** The same for two targets only if the same answer serves both: one that was taken under another policy is judged again. */
  readonly version: string
}

export interface TargetContext {
  /** The node's policy, to which the resource adds. */
  readonly policy: VerifyPolicy
  /** What relative paths are relative to. */
  readonly baseDir: string
}

/** The certificates of a stored ssl that want a staple; throws when one of them cannot be read. */
export function stapleTargetsOf (stored: StoredSsl, { policy: nodePolicy, baseDir }: TargetContext): StapleTarget[] {
  const block = ocspStaplingOf(stored.ssl)
  if (block?.enabled !== true || stored.ssl.status === 0 || stored.ssl.type !== 'server') return []
  const trusted = block.ssl_trusted_certificate === undefined ? [] : parsePemCertificates(block.ssl_trusted_certificate)
  // a CA in the list may be the issuer; what is no CA is there to sign responses (ocsp.md 6.1, configured responder)
  const trustedResponders = trusted.filter(({ isCa }) => !isCa)
  const policy: VerifyPolicy = {
    ...nodePolicy,
    ...(trustedResponders.length === 0 ? {} : { trustedResponders }),
    ...(block.response_max_age === undefined ? {} : { maxAgeMs: block.response_max_age * 1000 })
  }
  const override = block.ssl_stapling_responder === '' ? undefined : block.ssl_stapling_responder
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
      hasChain: chain.length > 0,
      responders: respondersFor(certificate, { override }),
      file: block.ssl_stapling_file === undefined ? undefined : resolve(baseDir, block.ssl_stapling_file),
      skipVerify: block.skip_verify,
      maxIntervalMs: block.cache_ttl * 1000,
      policy,
      key: issuer === undefined ? undefined : statusKey(certificate, issuer, policy),
      version: JSON.stringify([issuer?.fingerprint, block, { ...policy, trustedResponders: policy.trustedResponders?.map(({ fingerprint }) => fingerprint) }])
    }
  })
  return [...new Map(targets.map(target => [target.id, target])).values()]
}
