import type { ClientHello } from './client-hello.ts'

export type KeyAlgorithm = 'rsa' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'ed448'

const tls13 = 0x0304

// SignatureScheme, RFC 8446 §4.2.3, and the SHA-1 schemes of TLS 1.2
const schemesByAlgorithm: Readonly<Record<KeyAlgorithm, ReadonlySet<number>>> = {
  rsa: new Set([0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201]),
  'rsa-pss': new Set([0x0809, 0x080a, 0x080b]),
  ecdsa: new Set([0x0403, 0x0503, 0x0603, 0x0203]),
  ed25519: new Set([0x0807]),
  ed448: new Set([0x0808])
}
// TLS 1.3 proves possession with PSS only: the PKCS#1 schemes then speak of certificates, not of the handshake
const schemesByAlgorithmInTls13: Readonly<Record<KeyAlgorithm, ReadonlySet<number>>> = {
  ...schemesByAlgorithm,
  rsa: new Set([0x0804, 0x0805, 0x0806]),
  ecdsa: new Set([0x0403, 0x0503, 0x0603])
}

// TLS_ECDHE_ECDSA_* and TLS_(EC)DHE_RSA_* of the suites that OpenSSL 3 offers for TLS 1.2 and below
const ecdsaSuites = new Set([0xc02b, 0xc02c, 0xcca9, 0xc023, 0xc024, 0xc009, 0xc00a, 0xc0ac, 0xc0ad, 0xc0ae, 0xc0af])
const rsaSuites = new Set([0xc02f, 0xc030, 0xcca8, 0xc027, 0xc028, 0xc013, 0xc014, 0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d])

/**
 * The certificate to present to this client: the first, in the order ECDSA and EdDSA before RSA, whose key the client
 * can verify, which is what TLS libraries choose by. When none fits the first certificate is presented, and the
 * handshake tells the client what it cannot do.
 *
 * @param offersTls13 - the resource's protocols include TLS 1.3
 * @param isPreferred - passes over a certificate while another fits (ocsp.md 9.2: one that must be stapled and cannot)
 */
export function chooseCertificate<Certificate extends { readonly algorithm: KeyAlgorithm }> (
  certificates: readonly Certificate[],
  hello: ClientHello,
  offersTls13: boolean,
  isPreferred: (certificate: Certificate) => boolean = () => true
): Certificate | undefined {
  if (certificates.length <= 1) return certificates[0]
  const inTls13 = offersTls13 && hello.versions.includes(tls13)
  const fitting = certificates.filter(({ algorithm }) => canVerify(hello, algorithm, inTls13))
  const preferred = fitting.filter(isPreferred)
  return firstOf(preferred) ?? firstOf(fitting) ?? certificates[0]
}

function firstOf<Certificate extends { readonly algorithm: KeyAlgorithm }> (fitting: readonly Certificate[]): Certificate | undefined {
  return fitting.find(({ algorithm }) => !algorithm.startsWith('rsa')) ?? fitting[0]
}

function canVerify (hello: ClientHello, algorithm: KeyAlgorithm, inTls13: boolean): boolean {
  const schemes = (inTls13 ? schemesByAlgorithmInTls13 : schemesByAlgorithm)[algorithm]
  // RFC 5246 §7.4.1.4.1: without the extension SHA-1 with any key type is meant
  const understands = hello.signatureSchemes.length === 0 ? !inTls13 : hello.signatureSchemes.some(scheme => schemes.has(scheme))
  if (inTls13 || !understands) return understands
  const suites = algorithm.startsWith('rsa') ? rsaSuites : ecdsaSuites
  return hello.cipherSuites.some(suite => suites.has(suite))
}
