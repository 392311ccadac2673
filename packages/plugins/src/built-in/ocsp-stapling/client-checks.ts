import { findIssuer, isIssuedBy, type Certificate } from '@clinch/ocsp-core'
import type { ClientCheck, OcspService } from '../../contract/host.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import type { OcspStapling } from './ssl-settings.ts'

/** What all checks about one client have in common. */
export type CheckTerms = Omit<ClientCheck, 'certificate' | 'issuers'>

export interface ClientChecks {
  readonly checks: readonly ClientCheck[]
  /** False: nobody knows who issued the last of them, so that there may be more to check. */
  readonly isWhole: boolean
}

const longestChain = 10

/**
 * What there is to ask about a client: its certificate or, with `ssl_ocsp: chain`, all below the trust anchor. On a
 * resumed session the client sent no intermediates: then `service` is asked who issued them.
 */
export function clientChecks (client: ClientCertificate, scope: OcspStapling['ssl_ocsp'], terms: CheckTerms, service: OcspService): ClientChecks | Promise<ClientChecks> {
  const { certificate, issuers } = client
  if (scope !== 'chain') return { checks: [{ ...terms, certificate, issuers }], isWhole: true }
  const chain = chainFrom([], certificate, issuers)
  return chain.isWhole ? checksOf(chain, terms) : completeChain(chain, service).then(completed => checksOf(completed, terms))
}

interface Chain {
  /** Ends below a self-signed certificate. One whose issuer is missing stays in. */
  readonly certificates: readonly Certificate[]
  readonly issuers: readonly Certificate[]
  readonly isWhole: boolean
}

function chainFrom (below: readonly Certificate[], certificate: Certificate, issuers: readonly Certificate[]): Chain {
  const certificates = [...below, certificate]
  for (let last = certificate; certificates.length < longestChain;) {
    const issuer = findIssuer(last, issuers)
    if (issuer === undefined) return { certificates, issuers, isWhole: false }
    if (isIssuedBy(issuer, issuer)) break
    certificates.push(issuer)
    last = issuer
  }
  return { certificates, issuers, isWhole: true }
}

async function completeChain (chain: Chain, service: OcspService): Promise<Chain> {
  const last = chain.certificates.at(-1)
  const issuer = chain.isWhole || last === undefined ? undefined : await service.findIssuer(last)
  if (last === undefined || issuer === undefined) return chain
  return await completeChain(chainFrom(chain.certificates.slice(0, -1), last, [...chain.issuers, issuer]), service)
}

function checksOf ({ certificates, issuers, isWhole }: Chain, terms: CheckTerms): ClientChecks {
  return { checks: certificates.map(certificate => ({ ...terms, certificate, issuers })), isWhole }
}
