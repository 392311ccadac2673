import { isJsonObject, type JsonObject } from '../../json.ts'
import { parseStored } from '../stored-object.ts'

/** By what an auth plugin finds a consumer: two of them with the same could not be told apart. */
const attributes = {
  'key-auth': 'key',
  'jwt-auth': 'key',
  'basic-auth': 'username',
  'hmac-auth': 'key_id',
  'ldap-auth': 'user_dn',
  'ldap-auth-advanced': 'user_dn'
} as const satisfies Record<string, string>

export interface AuthKey {
  readonly plugin: string
  /** As it stands there: in what is stored it may be encrypted. */
  readonly text: string
}

/** The keys by which the plugins of a consumer or a credential are found; of what need not be valid. */
export function authKeysOf (plugins: unknown): AuthKey[] {
  if (!isJsonObject(plugins)) return []
  return Object.entries(attributes).flatMap(([plugin, attribute]) => {
    const text = memberOf(Object.hasOwn(plugins, plugin) ? plugins[plugin] : undefined, attribute)
    return typeof text === 'string' ? [{ plugin, text }] : []
  })
}

/** What a stored consumer or credential is indexed by. Its keys are as they are stored there: encrypted, most of them. */
export function authKeyNamesOf (value: string): readonly string[] {
  return authKeysOf(parseStored(value)?.['plugins']).map(authKeyName)
}

export function authKeyName ({ plugin, text }: AuthKey): string {
  return `${plugin} ${text}`
}

function memberOf (conf: unknown, name: string): unknown {
  return isJsonObject(conf) && Object.hasOwn(conf, name) ? (conf as JsonObject)[name] : undefined
}
