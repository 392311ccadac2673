import { createHash, createPublicKey, KeyObject, randomBytes } from 'node:crypto'
import { type Certificate, parseCertificate } from '@clinch/ocsp-core'
import { extensionsOf, type ExtensionSpec, type Oddities } from './certificate-extensions.ts'
import { bitString, certificateTime, explicit, implicit, integer, octetString, oid, pem, sequence, set, utf8 } from './der.ts'
import { createKey, type KeyKind, signDer, type SigningOptions } from './signing.ts'

const hourMs = 3_600_000

export interface CertificateOptions extends Oddities {
  /** The common name, or a whole Name in DER. */
  readonly subject?: string | Buffer | undefined
  /** P-256 by default; a private key to use one again. */
  readonly key?: KeyKind | KeyObject | undefined
  /** Content octets in hexadecimal; 16 random octets by default. */
  readonly serial?: string | undefined
  readonly notBeforeMs?: number | undefined
  readonly notAfterMs?: number | undefined
  /** Another name in the issuer field than the issuer's own. */
  readonly issuerName?: string | Buffer | undefined
  readonly signing?: SigningOptions | undefined
}

export interface Issued {
  readonly certPem: string
  readonly keyPem: string
  /** The certificate, its issuer, and so on up to the root. */
  readonly chainPem: string
  readonly certDer: Buffer
  readonly serialHex: string
  readonly privateKey: KeyObject
  readonly certificate: Certificate
}

export interface Authority extends Issued {
  readonly name: string
  readonly parent: Authority | undefined
  /** A certificate for servers and clients unless options say otherwise. */
  issue (options?: CertificateOptions): Issued
  /** A delegate for OCSP: EKU OCSPSigning, nocheck, digitalSignature. */
  issueDelegate (options?: CertificateOptions): Issued
}

export interface AuthorityOptions extends CertificateOptions {
  readonly name?: string | undefined
  /** Makes an intermediate. */
  readonly parent?: Authority | undefined
}

/** A CA, self-signed or below a parent. Everything is made in memory, now. */
export function createAuthority ({ name = 'Test CA', parent, ...options }: AuthorityOptions = {}): Authority {
  const isCa = { isCa: true, keyUsage: ['keyCertSign', 'cRLSign', 'digitalSignature'] } as const
  const own = makeCertificate({ notAfterMs: Date.now() + 365 * 24 * hourMs, ...isCa, subject: name, ...options }, parent)
  const authority: Authority = {
    ...own,
    name,
    parent,
    issue: (wanted = {}) => makeCertificate({ isCa: false, keyUsage: ['digitalSignature'], extendedKeyUsages: ['serverAuth', 'clientAuth'], ...wanted }, authority),
    issueDelegate: (wanted = {}) => makeCertificate({
      subject: 'Test OCSP delegate', isCa: false, keyUsage: ['digitalSignature'], extendedKeyUsages: ['ocspSigning'], ocspNoCheck: true, ...wanted
    }, authority)
  }
  return authority
}

/** A Name with one common name. */
export const nameDer = (commonName: string | Buffer): Buffer =>
  Buffer.isBuffer(commonName) ? commonName : sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))))

function makeCertificate (options: CertificateOptions, issuer: Authority | undefined): Issued {
  const privateKey = options.key instanceof KeyObject ? options.key : createKey(options.key ?? 'ec')
  const signingKey = issuer?.privateKey ?? privateKey
  const publicKeyInfo = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const { subject = options.sans?.[0] ?? 'leaf.test', serial = randomSerial(), notBeforeMs = Date.now() - hourMs, notAfterMs = Date.now() + 30 * 24 * hourMs } = options
  const tbs = (algorithm: Buffer): Buffer => sequence(
    explicit(0, integer(2)),
    integer(Buffer.from(serial, 'hex')),
    algorithm,
    nameDer(options.issuerName ?? issuer?.certificate.subjectDer ?? subject),
    sequence(certificateTime(notBeforeMs), certificateTime(notAfterMs)),
    nameDer(subject),
    publicKeyInfo,
    explicit(3, sequence(...extensionsOf({ ...options, extensions: [...keyIdentifiers(publicKeyInfo, issuer), ...options.extensions ?? []] })))
  )
  const { algorithm } = signDer(signingKey, Buffer.alloc(0), options.signing)
  const signed = tbs(algorithm)
  const certDer = sequence(signed, algorithm, bitString(signDer(signingKey, signed, options.signing).signature))
  const certPem = pem('CERTIFICATE', certDer)
  return {
    certPem,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chainPem: certPem + (issuer?.chainPem ?? ''),
    certDer,
    serialHex: serial,
    privateKey,
    certificate: parseCertificate(certDer)
  }
}

function keyIdentifiers (publicKeyInfo: Buffer, issuer: Authority | undefined): ExtensionSpec[] {
  const identify = (spki: Buffer): Buffer => createHash('sha1').update(spki).digest()
  const authority = issuer?.certificate.publicKeyDer ?? publicKeyInfo
  return [
    { oid: '2.5.29.14', value: octetString(identify(publicKeyInfo)) },
    { oid: '2.5.29.35', value: sequence(implicit(0, identify(authority))) }
  ]
}

// The high bit is off, so the number is positive; the next one is on, so it is minimal.
function randomSerial (): string {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40
  return octets.toString('hex')
}
