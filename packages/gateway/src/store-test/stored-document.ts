import type { ConfigObject } from '@clinch/data-plane'
import { mapSecretFields, type PluginCatalog } from '@clinch/plugins'
import type { Keyring } from '@clinch/store'

type Json = Readonly<Record<string, unknown>>

export interface StoredDocument {
  /** `{ "routes": [{…}], … }`, with what plugins keep secret in clear. */
  readonly document: Readonly<Record<string, readonly Json[]>>
  readonly unreadable: ReadonlyArray<{ readonly key: string, readonly reason: string }>
  /** The key of an item of the document. */
  readonly keyAt: (collection: string, index: number) => string
}

export interface StoredDocumentOptions {
  readonly catalog: PluginCatalog
  readonly fieldKeyring: Keyring
}

/** Stored objects as one document, for the checks that are made of documents. */
export function documentOf (objects: readonly ConfigObject[], { catalog, fieldKeyring }: StoredDocumentOptions): StoredDocument {
  const sections = new Map<string, Array<{ readonly key: string, readonly item: Json }>>()
  const unreadable: Array<{ readonly key: string, readonly reason: string }> = []
  for (const { key, value } of objects) {
    const object = parseObject(value)
    if (object === undefined) {
      unreadable.push({ key, reason: 'it is no JSON object' })
      continue
    }
    const [collection = ''] = key.split('/')
    const plain = mapSecretFields(key, object, catalog, text => fieldKeyring.decrypt(text) ?? text)
    const section = sections.get(collection) ?? []
    section.push({ key, item: placed(collection, key.slice(collection.length + 1), plain) })
    sections.set(collection, section)
  }
  return {
    document: Object.fromEntries([...sections].map(([collection, section]) => [collection, section.map(({ item }) => item)])),
    unreadable,
    keyAt: (collection, index) => sections.get(collection)?.[index]?.key ?? `${collection}[${index}]`
  }
}

// In a document an item says itself what its key says in the store; a consumer is known by its name.
function placed (collection: string, id: string, object: Json): Json {
  return collection === 'consumers' && !id.includes('/') ? object : { ...object, id }
}

function parseObject (text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed as Json : undefined
  } catch {
    return undefined
  }
}
