import { findIssuer, isIssuedBy, type Certificate } from '@clinch/ocsp-core'
import type { OcspService } from '../../contract/host.ts'
import type { ClientCertificate } from '../../contract/tls-facts.ts'

/** A client's certificate and those above it, each found by its signature on the one before. */
export interface ClientPath {
  /** Ends below a self-signed certificate. One whose issuer is missing stays in. */
  readonly certificates: readonly Certificate[]
  readonly issuers: readonly Certificate[]
  /** False: nobody knows who issued the last of them. */
  readonly isWhole: boolean
}

export type FindPath = (client: ClientCertificate) => ClientPath | Promise<ClientPath>

const longestPath = 10

/**
 * Worked out once for a connection. On a resumed session the client sent no intermediates: then `service` is asked who
 * issued them, and what it does not know it may know by the next request.
 */
export function createPathFinder (service: OcspService): FindPath {
  const known = new WeakMap<ClientCertificate, ClientPath>()

  function keep (client: ClientCertificate, path: ClientPath): ClientPath {
    if (path.isWhole) known.set(client, path)
    return path
  }

  return client => {
    const found = known.get(client)
    if (found !== undefined) return found
    const path = pathFrom([], client.certificate, client.issuers)
    return path.isWhole ? keep(client, path) : complete(path, service).then(completed => keep(client, completed))
  }
}

function pathFrom (below: readonly Certificate[], certificate: Certificate, issuers: readonly Certificate[]): ClientPath {
  const certificates = [...below, certificate]
  for (let last = certificate; certificates.length < longestPath;) {
    const issuer = findIssuer(last, issuers)
    if (issuer === undefined) return { certificates, issuers, isWhole: false }
    if (isIssuedBy(issuer, issuer)) break
    certificates.push(issuer)
    last = issuer
  }
  return { certificates, issuers, isWhole: true }
}

async function complete (path: ClientPath, service: OcspService): Promise<ClientPath> {
  const last = path.certificates.at(-1)
  const issuer = path.isWhole || last === undefined ? undefined : await service.findIssuer(last)
  if (last === undefined || issuer === undefined) return path
  return await complete(pathFrom(path.certificates.slice(0, -1), last, [...path.issuers, issuer]), service)
}
