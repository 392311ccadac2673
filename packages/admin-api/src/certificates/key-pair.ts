import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { isSecretReference } from '@clinch/schema'
import { decryptPrivateKey, type Keyring } from '@clinch/store'
import { readChain } from './chain.ts'

/**
 * What is wrong with a certificate and its key; undefined when they can serve together, or when one of them is a
 * reference that is resolved later.
 *
 * That the key must belong to the certificate is a deliberate difference from APISIX, which stores any pair and then
 * fails every handshake of its names.
 *
 * @param certPem - the certificate, its chain behind it
 * @param keyText - PEM, or encrypted as it is stored
 */
export function judgeKeyPair (certPem: string, keyText: string, keyring: Keyring): string | undefined {
  if (isSecretReference(certPem) || isSecretReference(keyText)) return undefined
  const chain = readChain(certPem)
  if (chain.kind === 'invalid') return chain.reason
  const keyPem = decryptPrivateKey(keyring, keyText)
  if (keyPem === undefined) return 'failed to decrypt previous encrypted key'
  const key = parseKey(keyPem)
  if (key === undefined) return 'failed to parse key: PEM_read_bio_PrivateKey() failed'
  return chain.leaf.checkPrivateKey(key) ? undefined : mismatch(chain.leaf, key)
}

function parseKey (pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function mismatch (leaf: X509Certificate, key: KeyObject): string {
  const subject = leaf.subject === '' ? 'empty' : leaf.subject.split('\n').join(', ')
  const fingerprint = leaf.fingerprint256.replaceAll(':', '').toLowerCase()
  return `the key does not belong to the certificate: cert (subject ${subject}, SHA-256 ${fingerprint}) and key (${nameKey(key)}) do not match`
}

/** `RSA 2048`, `EC prime256v1`, `ED25519` */
function nameKey ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const size = asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve
  const type = (asymmetricKeyType ?? 'unknown').toUpperCase()
  return size === undefined ? type : `${type} ${size}`
}
