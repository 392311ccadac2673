import type { VaultSecret } from '@clinch/schema'
import type { SecretManager } from './secret-manager.ts'
import type { Fetched } from '../secret-document.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * HashiCorp Vault and what speaks its API: the secrets engine KV, version 1 or 2. For version 2 `prefix` includes
 * `data`, as in vault's own paths: `kv/data/apisix`.
 */
export const askVault: SecretManager<VaultSecret> = async ({ uri, prefix, token, namespace }, path, http) => {
  const segments = `${prefix}/${path}`.split('/').filter(segment => segment !== '')
  if (segments.some(segment => segment === '.' || segment === '..')) return { kind: 'unavailable', reason: 'the prefix has a segment . or ..' }
  const url = `${uri.replace(/\/+$/, '')}/v1/${segments.map(encodeURIComponent).join('/')}`
  const headers = { 'x-vault-token': token, ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }) }
  const reply = await http.ask(url, { method: 'GET', headers })
  if (reply.kind === 'failed') return { kind: 'unavailable', reason: `vault: ${reply.reason}` }
  const body = parseObject(reply.body)
  if (reply.status === 200) return readData(body)
  if (reply.status !== 404) return { kind: 'unavailable', reason: `vault answered ${reply.status}${explanations[reply.status] ?? ''}` }
  return isForVersion2(body)
    ? { kind: 'unavailable', reason: 'vault answered 404: this is a KV of version 2, its prefix must go on with data, as in kv/data/apisix' }
    : { kind: 'missing', reason: 'vault has nothing there (404)' }
}

const explanations: Readonly<Record<number, string>> = {
  400: ' (often: a wrong namespace or path)',
  403: ' (permission denied: look at the token, its end and its policies)',
  429: ' (too many requests, or a standby node)',
  473: ' (a performance standby)',
  503: ' (sealed, or under maintenance)'
}

// Version 2 wraps the members, and says which version of them it is.
function readData (body: Json | undefined): Fetched {
  const data = objectIn(body, 'data')
  if (data === undefined) return { kind: 'unavailable', reason: 'vault answered with something that is no secret' }
  const inner = objectIn(data, 'data')
  const isVersion2 = inner !== undefined && typeof objectIn(data, 'metadata')?.['version'] === 'number'
  return { kind: 'document', document: isVersion2 ? inner : data }
}

function isForVersion2 (body: Json | undefined): boolean {
  const warnings = body?.['warnings']
  return Array.isArray(warnings) && warnings.some(warning => typeof warning === 'string' && warning.includes('versioned K/V'))
}

function objectIn (holder: Json | undefined, member: string): Json | undefined {
  const value = holder?.[member]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Json : undefined
}

function parseObject (text: string): Json | undefined {
  try {
    return objectIn({ parsed: JSON.parse(text) as unknown }, 'parsed')
  } catch {
    return undefined
  }
}
