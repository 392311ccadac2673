import { type KeyObject, verify as verifyOnce, X509Certificate } from 'node:crypto'
import { buildResponse, type ResponseSpec } from '../../t/support/ocsp-response.ts'
import { type Authority, createAuthority, type Issued } from '../../t/support/pki.ts'
import { createKey, type KeyKind } from '../../t/support/signing.ts'

const hourMs = 3_600_000

/** A response to judge, and all that it takes. */
export interface Question {
  readonly title: string
  readonly der: Buffer
  readonly authority: Authority
  readonly leaf: Issued
  /** Embedded in the response; undefined when the issuer signs itself. */
  readonly delegate: Issued | undefined
  /** The signature checks that nobody can do without, with keys that are ready. */
  checkSignatures (): boolean
}

/** One entry with a CertID in SHA-1, which all peers know; P-256 with a delegate first, which is the usual thing. */
export function makeQuestions (): Question[] {
  return [
    makeQuestion('P-256, by a delegate', 'ec', true),
    makeQuestion('P-256, by the issuer', 'ec', false),
    makeQuestion('RSA-2048, by a delegate', 'rsa', true),
    makeQuestion('RSA-2048, by the issuer', 'rsa', false)
  ]
}

function makeQuestion (title: string, key: KeyKind, delegated: boolean): Question {
  const authority = createAuthority({ name: `${title} CA`, key: createKey(key) })
  const leaf = authority.issue({ sans: ['leaf.test'] })
  const delegate = delegated ? authority.issueDelegate({ key: createKey(key) }) : undefined
  const signer = delegate ?? authority
  const nowMs = Math.floor(Date.now() / 1000) * 1000
  let signed = Buffer.alloc(0)
  let signature = Buffer.alloc(0)
  const spec: ResponseSpec = {
    entries: [{ certificate: leaf.certificate, issuer: authority.certificate, hash: 'sha1', thisUpdate: nowMs - hourMs, nextUpdate: nowMs + 24 * hourMs }],
    signer,
    certs: delegate === undefined ? undefined : [delegate.certDer],
    producedAt: nowMs - hourMs,
    beforeSigning: tbs => { signed = Buffer.from(tbs); return tbs },
    signature: octets => { signature = Buffer.from(octets); return octets }
  }
  return { title, der: buildResponse(spec), authority, leaf, delegate, checkSignatures: signatureChecks(signed, signature, signer, delegate, authority.certificate.publicKey) }
}

function signatureChecks (signed: Buffer, signature: Buffer, signer: Issued, delegate: Issued | undefined, issuerKey: KeyObject): () => boolean {
  const signerKey = signer.certificate.publicKey
  const delegateCertificate = delegate && new X509Certificate(delegate.certPem)
  return () => verifyOnce('sha256', signed, signerKey, signature) && (delegateCertificate?.verify(issuerKey) ?? true)
}
