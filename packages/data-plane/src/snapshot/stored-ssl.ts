import { SslSchema, compileValidator, extendResourceSchema, type Ssl, type Validation } from '@clinch/schema'
import type { PluginCatalog } from '@clinch/plugins'
import type { ConfigObject } from './config-object.ts'

/** An ssl object as it was stored, checked and with its defaults; its private keys are still encrypted. */
export interface StoredSsl {
  readonly id: string
  readonly modRevision: number
  readonly ssl: Ssl & Readonly<Record<string, unknown>>
  /** Members that were left out because nothing that is loaded knows them. */
  readonly ignored: readonly string[]
}

export type StoredSslReader = (object: ConfigObject) => { readonly kind: 'ssl', readonly stored: StoredSsl } | { readonly kind: 'invalid', readonly reason: string }

// What older releases of APISIX and old dashboards wrote (admin-api.md 4.7).
const legacyMembers = ['validity_start', 'validity_end', 'exptime']
// Properties that plugins add: without their plugin the certificate goes on being served, without what they do.
const pluginMembers = ['ocsp_stapling', 'gm']

/** Compiles the check of stored ssl objects for one set of plugins. */
export function createSslReader (catalog: PluginCatalog): StoredSslReader {
  const properties = catalog.resourceProperties('ssl')
  const validate = compileValidator(extendResourceSchema(SslSchema, properties), { fillDefaults: true })
  const unknown = [...legacyMembers, ...pluginMembers.filter(name => !Object.hasOwn(properties, name))]
  return object => {
    let parsed: unknown
    try {
      parsed = JSON.parse(object.value)
    } catch (error) {
      return { kind: 'invalid', reason: `not JSON: ${(error as Error).message}` }
    }
    const ignored: string[] = []
    if (typeof parsed === 'object' && parsed !== null) {
      for (const name of unknown) {
        if (!Object.hasOwn(parsed, name)) continue
        delete (parsed as Record<string, unknown>)[name]
        ignored.push(name)
      }
    }
    const checked = validate(parsed) as Validation<Ssl & Record<string, unknown>>
    if (checked.kind === 'invalid') return { kind: 'invalid', reason: checked.issue.message }
    return { kind: 'ssl', stored: { id: idOf(object.key), modRevision: object.modRevision, ssl: checked.value, ignored } }
  }
}

/** The id is what stands behind the collection in the key, whatever the value says. */
export function idOf (key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
