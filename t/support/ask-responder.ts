import { buildRequest } from '@clinch/ocsp-core'
import { request } from 'undici'
import type { Authority, Issued } from './pki.ts'

/** What a responder answers about a certificate, in DER, unread. */
export async function askResponder (url: string, leaf: Issued, issuer: Authority): Promise<Buffer> {
  const body = buildRequest({ certificate: leaf.certificate, issuer: issuer.certificate, hash: 'sha256' })
  const answer = await request(url, { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body })
  return Buffer.from(await answer.body.arrayBuffer())
}
