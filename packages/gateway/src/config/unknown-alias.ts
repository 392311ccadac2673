import { visit, type Document } from 'yaml'

/** Where an alias stands that refers to nothing, such as a password that begins with `*`: YAML itself would tell with its name. */
export function findUnknownAlias (document: Document): number | undefined {
  let place: number | undefined
  visit(document, {
    Alias (_key, alias) {
      if (alias.resolve(document) === undefined) place ??= alias.range?.[0] ?? 0
    }
  })
  return place
}
