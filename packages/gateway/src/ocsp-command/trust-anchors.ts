import { X509Certificate } from 'node:crypto'
import { getCACertificates, rootCertificates } from 'node:tls'
import { type Certificate, findIssuer, parsePemCertificates } from '@clinch/ocsp-core'
import { readCertificates } from './certificate-files.ts'

export interface TrustAnchors {
  /** The file of `--ca`; else the system's; a system without any leaves Node's own. */
  readonly source: 'file' | 'system' | 'built_in'
  readonly pems: readonly string[]
}

export async function loadTrustAnchors (file: string | undefined): Promise<TrustAnchors> {
  if (file !== undefined) {
    const certificates = await readCertificates(file)
    return { source: 'file', pems: certificates.map(({ der }) => new X509Certificate(der).toString()) }
  }
  const system = new Set(getCACertificates('system')) // a bundle and a folder often name the same ones
  return system.size > 0 ? { source: 'system', pems: [...system] } : { source: 'built_in', pems: rootCertificates }
}

/** An anchor that issued the certificate, for servers that leave it out. Anchors that cannot be read are passed over. */
export function issuerAmongAnchors (certificate: Certificate, { pems }: TrustAnchors): Certificate | undefined {
  return findIssuer(certificate, pems.flatMap(parsedOrNothing))
}

function parsedOrNothing (pem: string): Certificate[] {
  try {
    return parsePemCertificates(pem)
  } catch {
    return []
  }
}
