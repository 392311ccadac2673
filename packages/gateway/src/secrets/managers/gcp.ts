import { readFile } from 'node:fs/promises'
import { compileValidator, secretManagerSchemas, type GcpSecret } from '@clinch/schema'
import { SignJWT, importPKCS8 } from 'jose'
import type { HttpReply, SecretHttp } from './secret-http.ts'
import type { SecretManager } from './secret-manager.ts'

type Account = NonNullable<GcpSecret['auth_config']>
type Failed = { readonly kind: 'unavailable', readonly reason: string }

const tokenSeconds = 3600
const validate = compileValidator(secretManagerSchemas.gcp, { fillDefaults: true })

/**
 * Google Cloud Secret Manager: the version `latest`, with an access token that the service account's key is exchanged
 * for (RFC 7523).
 */
export const askGcp: SecretManager<GcpSecret> = async (conf, path, http) => {
  const verify = conf.ssl_verify
  const account = conf.auth_config ?? await readAccount(conf.auth_file ?? '')
  if (account === undefined) return { kind: 'unavailable', reason: 'gcp: auth_file cannot be read as the key of a service account' }
  const token = await fetchToken(account, verify, http)
  if (typeof token !== 'string') return token
  const url = `${account.entries_uri.replace(/\/+$/, '')}/projects/${encodeURIComponent(account.project_id)}/secrets/${encodeURIComponent(path)}/versions/latest:access`
  const reply = await http.ask(url, { method: 'GET', headers: { authorization: `Bearer ${token}` }, verify })
  if (reply.kind === 'failed') return { kind: 'unavailable', reason: `gcp: ${reply.reason}` }
  if (reply.status === 404) return { kind: 'missing', reason: 'gcp has nothing of that name' }
  if (reply.status !== 200) return { kind: 'unavailable', reason: `gcp answered ${reply.status}` }
  const data = (membersOf(reply)['payload'] as { data?: unknown } | null | undefined)?.data
  return typeof data === 'string'
    ? { kind: 'document', document: Buffer.from(data, 'base64').toString('utf8') }
    : { kind: 'unavailable', reason: 'gcp answered with something that is no secret' }
}

async function fetchToken ({ client_email: email, private_key: keyPem, token_uri: tokenUri, scope }: Account, verify: boolean, http: SecretHttp): Promise<string | Failed> {
  let assertion: string
  try {
    const jwt = new SignJWT({ scope: scope.join(' ') }).setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(email).setSubject(email).setAudience(tokenUri).setIssuedAt().setExpirationTime(`${tokenSeconds} s`)
    assertion = await jwt.sign(await importPKCS8(keyPem, 'RS256'))
  } catch {
    return { kind: 'unavailable', reason: 'gcp: private_key is no RSA key in PKCS#8' }
  }
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString()
  const reply = await http.ask(tokenUri, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, verify })
  if (reply.kind === 'failed') return { kind: 'unavailable', reason: `gcp: no access token: ${reply.reason}` }
  const token = membersOf(reply)['access_token']
  return reply.status === 200 && typeof token === 'string' ? token : { kind: 'unavailable', reason: `gcp: no access token: the answer was ${reply.status}` }
}

async function readAccount (file: string): Promise<Account | undefined> {
  try {
    const checked = validate({ auth_config: JSON.parse(await readFile(file, 'utf8')) as unknown })
    return checked.kind === 'valid' ? checked.value.auth_config : undefined
  } catch {
    return undefined
  }
}

function membersOf ({ body }: Extract<HttpReply, { kind: 'reply' }>): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? parsed as Record<string, unknown> : {}
  } catch {
    return {}
  }
}
