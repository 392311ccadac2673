import { SslSchema, isSecretReference, resourceKinds, type Ssl } from '@clinch/schema'
import { encryptPrivateKey, type Keyring } from '@clinch/store'
import { readChain } from '../../certificates/chain.ts'
import { judgeKeyPair } from '../../certificates/key-pair.ts'
import { refusal } from '../../errors.ts'
import { defineKind } from '../resource-kind.ts'

export const ssls = defineKind<Ssl>({
  path: 'ssls/{id}',
  noun: resourceKinds.ssls.noun,
  schema: SslSchema,
  addedProperties: catalog => catalog.resourceProperties('ssl'),

  async checkAfterSchema (ssl, { keyring }) {
    const wrong = judgeKeyPair(ssl.cert ?? '', ssl.key ?? '', keyring) ?? (ssl.type === 'client' ? undefined : judgeServer(ssl, keyring))
    if (wrong !== undefined) throw refusal(wrong)
  },

  encryptKeys: (conf, keyring) => ({
    ...conf,
    ...(typeof conf['key'] === 'string' ? { key: encryptPrivateKey(keyring, conf['key']) } : {}),
    ...(Array.isArray(conf['keys']) ? { keys: (conf['keys'] as string[]).map(key => encryptPrivateKey(keyring, key)) } : {}) // the schema says strings
  }),

  view: ({ key, keys, ...shown }) => shown
})

function judgeServer ({ certs = [], keys = [], client }: Ssl, keyring: Keyring): string | undefined {
  if (certs.length !== keys.length) return 'mismatched number of certs and keys'
  for (const [index, cert] of certs.entries()) {
    const wrong = judgeKeyPair(cert, keys[index] ?? '', keyring)
    if (wrong !== undefined) return `failed to handle cert-key pair[${index + 1}]: ${wrong}`
  }
  if (client === undefined || isSecretReference(client.ca)) return undefined
  const authorities = readChain(client.ca)
  return authorities.kind === 'invalid' ? `failed to validate client_cert: ${authorities.reason}` : undefined
}
