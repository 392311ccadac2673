import { resolve, sep } from 'node:path'

export type Place =
  | { readonly kind: 'file', readonly path: string }
  | { readonly kind: 'refused', readonly reason: string }

/** Where a path leads that an author of routes has written. @param baseDir - absolute: nothing outside of it may be written */
export function placeOf (path: string, baseDir: string | undefined): Place {
  if (path.includes('\0')) return { kind: 'refused', reason: 'it has a NUL in it' }
  if (baseDir === undefined) return { kind: 'file', path }
  const [folder, file] = [resolve(baseDir), resolve(baseDir, path)]
  const isInside = file.startsWith(folder === sep ? sep : folder + sep) && file !== folder
  return isInside ? { kind: 'file', path: file } : { kind: 'refused', reason: 'it leads out of plugin_attr.file-logger.base_dir' }
}
