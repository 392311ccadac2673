import type { PluginCatalog } from '@clinch/plugins'
import type { Keyring } from '@clinch/store'
import type { JsonObject } from '../json.ts'
import { createResourceSchemas } from '../resources/resource-schemas.ts'
import { checkDocument, type CheckedDocument } from './check-document.ts'

export type DocumentChecker = (document: JsonObject) => Promise<CheckedDocument>

/** The check of a configuration file, where there need not be an Admin API: the document is all that there is. */
export function createDocumentChecker (loaded: { readonly keyring: Keyring, readonly plugins: () => PluginCatalog }): DocumentChecker {
  const schemas = createResourceSchemas()
  return async document => await checkDocument(document, { ...loaded, schemas, store: undefined, prefix: '', allowsModifiedIndex: true })
}
