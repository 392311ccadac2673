import { createECDH, createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { type Certificate, type StatusVerdict, staplePolicy, verifyResponse } from '@clinch/ocsp-core'
import { nul } from '../../t/support/der.ts'
import { buildResponse, type EntrySpec, type ResponseSpec } from '../../t/support/ocsp-response.ts'
import { type Authority, createAuthority, type Issued } from '../../t/support/pki.ts'

const hourMs = 3_600_000

/** The one instant at which everything is judged, so that an input means the same today and in a year. */
export const nowMs = Date.UTC(2026, 5, 1)

/** Of the certificate in question, in hexadecimal. */
export const leafSerial = '7e57'

const lifetime = { notBeforeMs: nowMs - 24 * hourMs, notAfterMs: nowMs + 30 * 24 * hourMs }

/** The same keys, names and times in every run: an input alone is enough to replay it. */
export interface FuzzWorld {
  readonly authority: Authority
  readonly leaf: Issued
  readonly delegate: Issued
  readonly samples: readonly Sample[]
}

/** A response that is accepted, what was signed of it, and what it says. */
export interface Sample {
  readonly der: Buffer
  readonly signedPart: Buffer
  readonly verdict: StatusVerdict['kind']
}

export function createFuzzWorld (): FuzzWorld {
  const authority = createAuthority({ name: 'Fuzz CA', key: keyNamed('authority'), serial: '01', ...lifetime })
  const leaf = authority.issue({
    sans: ['leaf.test'], key: keyNamed('leaf'), serial: leafSerial, mustStaple: true, ocspUris: ['http://ocsp.test/', 'https://ocsp2.test:8443/a?b'], crlUris: ['http://crl.test/ca.crl'], ...lifetime
  })
  const delegate = authority.issueDelegate({ key: keyNamed('delegate'), serial: '02', ...lifetime })
  return { authority, leaf, delegate, samples: samplesOf(authority, leaf, delegate) }
}

export const judgeResponse = (der: Buffer, { authority, leaf }: Pick<FuzzWorld, 'authority' | 'leaf'>): ReturnType<typeof verifyResponse> =>
  verifyResponse({ der, certificate: leaf.certificate, issuer: authority.certificate, nowMs, policy: staplePolicy })

function samplesOf (authority: Authority, leaf: Issued, delegate: Issued): Sample[] {
  const about = (certificate: Certificate, changes: Partial<EntrySpec> = {}): EntrySpec =>
    ({ certificate, issuer: authority.certificate, thisUpdate: nowMs - hourMs, nextUpdate: nowMs + hourMs, ...changes })
  const byDelegate = { entries: [about(leaf.certificate)], signer: delegate, certs: [delegate.certDer], producedAt: nowMs - hourMs }
  const specs: ResponseSpec[] = [
    byDelegate,
    { ...byDelegate, responderId: 'byKey' },
    { ...byDelegate, signer: authority, certs: undefined },
    { ...byDelegate, certs: [authority.certDer, leaf.certDer, delegate.certDer] },
    { ...byDelegate, entries: [about(delegate.certificate), about(leaf.certificate, { hash: 'sha1' })] },
    { ...byDelegate, entries: [about(leaf.certificate, { status: 'revoked', reason: 1, revokedAtMs: nowMs - 2 * hourMs })] },
    { ...byDelegate, entries: [about(leaf.certificate, { status: 'unknown' })] },
    { ...byDelegate, nonce: Buffer.alloc(32, 7), extensions: [{ oid: '1.3.6.1.5.5.7.48.1.9', value: nul() }] },
    { ...byDelegate, entries: [about(leaf.certificate, { extensions: [{ oid: '1.3.6.1.5.5.7.48.1.6', value: nul() }] })] }
  ]
  return specs.map(spec => {
    let signedPart = Buffer.alloc(0)
    const der = buildResponse({ ...spec, beforeSigning: tbs => { signedPart = Buffer.from(tbs); return tbs } })
    const { kind } = judgeResponse(der, { authority, leaf })
    if (kind === 'indeterminate') throw new Error('a sample is not accepted')
    return { der, signedPart, verdict: kind }
  })
}

// Made from a name, and good for nothing else than this: who knows the name has the key.
function keyNamed (name: string): KeyObject {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(createHash('sha256').update(`clinch fuzz ${name}`).digest())
  const point = ecdh.getPublicKey()
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), ecdh.getPrivateKey()].map(part => part.toString('base64url'))
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '', d: d ?? '' } })
}
