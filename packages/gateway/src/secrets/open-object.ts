import type { ConfigObject } from '@clinch/data-plane'
import { mapSecretFields, type FieldPlace, type PluginCatalog } from '@clinch/plugins'
import { isSecretReference } from '@clinch/schema'
import { encryptPrivateKey, type Keyring } from '@clinch/store'
import { mapStrings } from './map-strings.ts'
import type { Resolution } from './secret-book.ts'

type Json = Readonly<Record<string, unknown>>

export interface OpeningMakings {
  readonly catalog: PluginCatalog
  /** For private keys. */
  readonly keyring: Keyring
  /** For the fields of plugins; an empty one when these are not encrypted. */
  readonly fieldKeyring: Keyring
  readonly resolve: (reference: string) => Resolution
  /** A field that no entry of the keyring opens is used as it is. */
  readonly onPlainField: (key: string, place: FieldPlace) => void
}

export interface UnresolvedReference {
  readonly reference: string
  readonly reason: string
  /** It is part of what an `auth` plugin knows a consumer by. */
  readonly isCredential: boolean
}

export interface OpenedObject {
  /** The stored one itself when there is nothing to open. An unresolved reference stands in it as it is. */
  readonly object: ConfigObject
  readonly references: readonly string[]
  /** Some managers have not answered yet. */
  readonly isPending: boolean
  readonly unresolved: readonly UnresolvedReference[]
}

/**
 * A stored object as it is worked with: plugin fields decrypted, references replaced by what they stand for
 * (admin-api.md 5.4, 5.5). Private keys stay encrypted, and one that a reference brought is encrypted too.
 */
export function openObject (stored: ConfigObject, makings: OpeningMakings): OpenedObject {
  const value = mayHoldSecrets(stored, makings) ? parseObject(stored.value) : undefined
  if (value === undefined) return { object: stored, references: [], isPending: false, unresolved: [] }

  const secrets = new Set<string>()
  const references = new Set<string>()
  const unresolved: UnresolvedReference[] = []
  let isPending = false

  const decrypted = mapSecretFields(stored.key, value, makings.catalog, (text, place) => {
    const plain = makings.fieldKeyring.decrypt(text)
    if (plain === undefined) makings.onPlainField(stored.key, place)
    secrets.add(plain ?? text)
    return plain ?? text
  })
  const resolveText = (text: string, isCredential: boolean): string => {
    if (!isSecretReference(text)) return text
    references.add(text)
    const resolution = makings.resolve(text)
    switch (resolution.kind) {
      case 'text':
        secrets.add(resolution.text)
        return resolution.text
      case 'pending':
        isPending = true
        return text
      case 'unresolved':
        unresolved.push({ reference: text, reason: resolution.reason, isCredential })
        return text
    }
  }

  const opened = resolveIn(stored.key, decrypted, makings, resolveText)
  if (opened === value && secrets.size === 0) return { object: stored, references: [...references], isPending, unresolved }
  return { object: { ...stored, value: JSON.stringify(opened), secrets: [...secrets] }, references: [...references], isPending, unresolved }
}

// A look at the text, which spares the parsing of 100,000 certificates.
function mayHoldSecrets ({ key, value }: ConfigObject, { catalog }: OpeningMakings): boolean {
  if (value.includes('$') || value.includes('\\u0024')) return true
  if (key.startsWith('ssls/')) return false
  return catalog.list.some(({ plugin }) => (plugin.encryptFields ?? []).length > 0 && (value.includes(plugin.name) || key.endsWith(`/${plugin.name}`)))
}

type Resolve = (text: string, isCredential: boolean) => string

function resolveIn (key: string, value: Json, { catalog, keyring }: OpeningMakings, resolve: Resolve): Json {
  const inAll = (part: unknown) => mapStrings(part, text => resolve(text, false))
  const [collection = ''] = key.split('/')
  switch (collection) {
    case 'ssls': return withSealedKeys(value, inAll(value) as Json, keyring)
    case 'plugin_metadata': return inAll(value) as Json
    case 'upstreams': return withMember(value, 'tls', inAll)
    default: {
      const isAuth = (plugin: string) => collection === 'consumers' && catalog.get(plugin)?.plugin.type === 'auth'
      const inPlugins = withMember(value, 'plugins', plugins => mapMembers(plugins, (plugin, conf) => mapStrings(conf, text => resolve(text, isAuth(plugin)))))
      return withMember(inPlugins, 'upstream', upstream => isObject(upstream) ? withMember(upstream, 'tls', inAll) : upstream)
    }
  }
}

// What came out of a reference is held by workers as stored keys are: encrypted until it is used.
function withSealedKeys (stored: Json, resolved: Json, keyring: Keyring): Json {
  if (resolved === stored) return stored
  const seal = (text: unknown) => typeof text === 'string' && !isSecretReference(text) ? encryptPrivateKey(keyring, text) : text
  return withMember(withMember(resolved, 'key', seal), 'keys', keys => Array.isArray(keys) ? keys.map(seal) : keys)
}

function withMember (holder: Json, name: string, map: (member: unknown) => unknown): Json {
  if (!Object.hasOwn(holder, name)) return holder
  const mapped = map(holder[name])
  return mapped === holder[name] ? holder : { ...holder, [name]: mapped }
}

function mapMembers (value: unknown, map: (name: string, member: unknown) => unknown): unknown {
  if (!isObject(value)) return value
  const mapped = Object.entries(value).map(([name, member]) => [name, map(name, member)] as const)
  return mapped.every(([name, member]) => member === value[name]) ? value : Object.fromEntries(mapped)
}

function isObject (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseObject (text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined // the workers name it
  }
}
