import { isIPv6 } from 'node:net'
import { isSecretReference, type Upstream } from '@clinch/schema'
import { encryptPrivateKey, type Keyring } from '@clinch/store'
import { readChain } from '../../certificates/chain.ts'
import { judgeKeyPair } from '../../certificates/key-pair.ts'
import type { CheckContext } from '../../context.ts'
import { refusal } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { checkHashKey } from './hash-key.ts'
import { requireObjectOf } from './references.ts'

/** Refuses what the schema of an upstream cannot say, in APISIX's order. */
export async function checkUpstream (upstream: Upstream, api: CheckContext): Promise<void> {
  checkNodeHosts(upstream.nodes)
  checkPorts(upstream.nodes ?? {})
  await checkClientCertificate(upstream.tls ?? {}, api)
  if (upstream.pass_host === 'rewrite' && (upstream.upstream_host ?? '') === '') {
    throw refusal('`upstream_host` can\'t be empty when `pass_host` is `rewrite`')
  }
  checkClientKeyPair(upstream.tls ?? {}, api.keyring)
  checkVerification(upstream.tls ?? {})
  if (upstream.type === 'chash') checkHashKey(upstream.hash_on, upstream.key)
}

/** An IPv6 address in a list of nodes stands in brackets; what is wrong in other ways is left to the schema. */
export function checkNodeHosts (nodes: unknown): void {
  const isBare = Array.isArray(nodes) && nodes.some(node => isJsonObject(node) && typeof node['host'] === 'string' && isIPv6(node['host']))
  if (isBare) throw refusal('invalid configuration: IPv6 address must be enclosed with \'[\' and \']\'')
}

/** An upstream's client key is stored encrypted. */
export function encryptClientKey (upstream: JsonObject, keyring: Keyring): JsonObject {
  const { tls } = upstream
  if (!isJsonObject(tls) || typeof tls['client_key'] !== 'string') return upstream
  return { ...upstream, tls: { ...tls, client_key: encryptPrivateKey(keyring, tls['client_key']) } }
}

/** The same where the upstream is embedded in `holder`. */
export function encryptUpstreamKey (holder: JsonObject, keyring: Keyring): JsonObject {
  const { upstream } = holder
  return isJsonObject(upstream) ? { ...holder, upstream: encryptClientKey(upstream, keyring) } : holder
}

// Ours: what would seem to protect and does not is no mistake to be silent about.
function checkVerification ({ verify, ca, ocsp = 'off' }: Partial<NonNullable<Upstream['tls']>>): void {
  if (verify !== true && ca !== undefined) throw refusal('`tls.ca` has no effect unless `tls.verify` is true')
  if (verify !== true && ocsp !== 'off') throw refusal(`\`tls.ocsp\` can't be \`${ocsp}\` unless \`tls.verify\` is true`)
  if (ca === undefined || isSecretReference(ca)) return
  const chain = readChain(ca)
  if (chain.kind === 'invalid') throw refusal(`\`tls.ca\`: ${chain.reason}`)
}

function checkPorts (nodes: NonNullable<Upstream['nodes']>): void {
  if (Array.isArray(nodes)) return
  for (const address of Object.keys(nodes)) {
    const port = /:(\d+)$/.exec(address.replace(/^\[.*\]/, ''))?.[1]
    if (port !== undefined && (Number(port) < 1 || Number(port) > 65535)) throw refusal(`invalid port ${port}`)
  }
}

async function checkClientCertificate ({ client_cert_id: id }: Partial<NonNullable<Upstream['tls']>>, api: CheckContext): Promise<void> {
  const ssl = await requireObjectOf('ssls', id, `ssl info by ssl id [${id}]`, api)
  if (ssl !== undefined && ssl['type'] !== 'client') throw refusal(`failed to fetch ssl info by ssl id [${id}], wrong ssl type`)
}

function checkClientKeyPair ({ client_cert: cert, client_key: key }: Partial<NonNullable<Upstream['tls']>>, keyring: Keyring): void {
  if (cert === undefined || key === undefined) return
  const wrong = judgeKeyPair(cert, key, keyring)
  if (wrong !== undefined) throw refusal(wrong)
}
