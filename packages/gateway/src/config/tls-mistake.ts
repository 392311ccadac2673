import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { defaultKeyring, type Config } from '@clinch/schema'

/** What `apisix.ssl` and the settings of session tickets say that TLS cannot do. */
export function findTlsMistake ({ apisix: { ssl, data_encryption: { keyring } }, clinch }: Config): { readonly property: readonly string[], readonly message: string } | undefined {
  if (!isUnderstood({ ciphers: ssl.ssl_ciphers })) return { property: ['apisix', 'ssl', 'ssl_ciphers'], message: 'there is no such cipher' }
  if (!isUnderstood({ ecdhCurve: ssl.ssl_ecdh_curve })) return { property: ['apisix', 'ssl', 'ssl_ecdh_curve'], message: 'there is no such group' }
  const [first] = [keyring ?? []].flat()
  if (clinch.session_ticket_keys === 'keyring' && (first === undefined || defaultKeyring.includes(first))) {
    return { property: ['clinch', 'session_ticket_keys'], message: 'the first entry of apisix.data_encryption.keyring must be a secret one: with the published ones everybody could read the tickets' }
  }
  return undefined
}

function isUnderstood (options: SecureContextOptions): boolean {
  try {
    createSecureContext(options)
    return true
  } catch {
    return false
  }
}
