import { isJsonObject, type JsonObject } from '../json.ts'
import { itemsOf, sectionOf } from './sections.ts'

/**
 * The names on the list `plugins`, `[{ "name": "cors" }]`; undefined when there is no list. Plugins for TCP and UDP
 * (`"stream": true`) are left out: there are none here.
 */
export function listedPlugins (document: JsonObject): string[] | undefined {
  if (sectionOf(document, 'plugins').kind !== 'items') return undefined
  return itemsOf(document, 'plugins').flatMap(item => isJsonObject(item) && typeof item['name'] === 'string' && item['stream'] !== true ? [item['name']] : [])
}
