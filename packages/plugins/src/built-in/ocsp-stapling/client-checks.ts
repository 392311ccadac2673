import { findIssuer, isIssuedBy, type Certificate } from '@clinch/ocsp-core'
import type { ClientCheck } from '../../contract/host.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import type { OcspStapling } from './ssl-settings.ts'

const longestChain = 10

/** What there is to ask about a client: its certificate or, with `ssl_ocsp: chain`, all below the trust anchor. */
export function clientChecks (client: ClientCertificate, settings: OcspStapling, deadlineMs: number): readonly ClientCheck[] {
  const certificates = settings.ssl_ocsp === 'chain' ? chainOf(client) : [client.certificate]
  return certificates.map(certificate => ({
    certificate,
    issuers: client.issuers,
    responder: settings.ssl_ocsp_responder === '' ? undefined : settings.ssl_ocsp_responder,
    maxAgeMs: settings.cache_ttl * 1000,
    deadlineMs
  }))
}

// Ends below a self-signed certificate. One whose issuer is missing stays in: its check says so.
function chainOf ({ certificate, issuers }: ClientCertificate): Certificate[] {
  const chain = [certificate]
  let issuer = findIssuer(certificate, issuers)
  while (issuer !== undefined && !isIssuedBy(issuer, issuer) && chain.length < longestChain) {
    chain.push(issuer)
    issuer = findIssuer(issuer, issuers)
  }
  return chain
}
