import type { Certificate } from '@clinch/ocsp-core'
import type { OcspService } from '../../contract/host.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'
import type { ClientPath, FindPath } from './client-path.ts'
import type { ClientStatus } from './client-status.ts'

export const forwardedFields = ['Client-Cert', 'Client-Cert-Chain', 'X-Client-Cert-Status'] as const

/**
 * Tells the upstream about a client whose certificate was verified: `Client-Cert` and, with `chain`, `Client-Cert-Chain`
 * (RFC 9440), and what OCSP says of it. The chain is the one that was verified, without the client's own certificate and
 * the trust anchor; left out when part of it is not known, as may be on a resumed session.
 */
export function createForwarding (what: 'leaf' | 'chain', findPath: FindPath, service: OcspService): (context: RequestContext, client: ClientCertificate, status: ClientStatus) => PhaseResult | Promise<PhaseResult> {
  const chains = new WeakMap<ClientCertificate, string>()

  function keep (client: ClientCertificate, { certificates, isWhole }: ClientPath): string {
    const intermediates = isWhole ? certificates.slice(1) : []
    service.rememberIssuers(intermediates)
    const chain = intermediates.map(byteSequence).join(', ')
    chains.set(client, chain)
    return chain
  }

  return (context, client, status) => {
    const add = (chain: string): PhaseResult => {
      const { headers } = context.upstream
      headers.append('Client-Cert', byteSequence(client.certificate))
      if (chain !== '') headers.append('Client-Cert-Chain', chain)
      headers.append('X-Client-Cert-Status', status.field)
      return CONTINUE
    }
    const known = what === 'leaf' ? '' : chains.get(client)
    if (known !== undefined) return add(known)
    const path = findPath(client)
    return path instanceof Promise ? path.then(found => add(keep(client, found))) : add(keep(client, path))
  }
}

// Of a client's certificate there is one object a connection, so it is encoded once for all requests and routes.
const encoded = new WeakMap<Certificate, string>()

/** DER as a Byte Sequence of RFC 9651, 3.3.5. */
function byteSequence (certificate: Certificate): string {
  const known = encoded.get(certificate)
  if (known !== undefined) return known
  const text = `:${certificate.der.toString('base64')}:`
  encoded.set(certificate, text)
  return text
}
