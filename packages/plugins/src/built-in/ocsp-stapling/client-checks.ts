import type { ClientCheck } from '../../contract/host.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import type { ClientPath, FindPath } from './client-path.ts'
import type { OcspStapling } from './ssl-settings.ts'

/** What all checks about one client have in common. */
export type CheckTerms = Omit<ClientCheck, 'certificate' | 'issuers'>

export interface ClientChecks {
  readonly checks: readonly ClientCheck[]
  /** False: nobody knows who issued the last of them, so that there may be more to check. */
  readonly isWhole: boolean
}

/** What there is to ask about a client: its certificate or, with `ssl_ocsp: chain`, all below the trust anchor. */
export function clientChecks (client: ClientCertificate, scope: OcspStapling['ssl_ocsp'], terms: CheckTerms, findPath: FindPath): ClientChecks | Promise<ClientChecks> {
  const { certificate, issuers } = client
  if (scope !== 'chain') return { checks: [{ ...terms, certificate, issuers }], isWhole: true }
  const path = findPath(client)
  return path instanceof Promise ? path.then(found => checksOf(found, terms)) : checksOf(path, terms)
}

function checksOf ({ certificates, issuers, isWhole }: ClientPath, terms: CheckTerms): ClientChecks {
  return { checks: certificates.map(certificate => ({ ...terms, certificate, issuers })), isWhole }
}
