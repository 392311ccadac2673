import { existsSync, readFileSync } from 'node:fs'
import { createRequire, findPackageJSON, isBuiltin } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { PluginError } from '../errors.ts'

/**
 * The file behind an entry of config.yaml that is no built-in plugin: a path, absolute or relative to `baseDir`, or
 * an npm package as it would be found from there.
 */
export function locatePlugin (entry: string, baseDir: string): string {
  const path = resolve(baseDir, entry)
  const isFile = existsSync(path)
  const isWrittenAsPath = isAbsolute(entry) || /^\.{1,2}\//.test(entry)
  if (isWrittenAsPath && !isFile) throw new PluginError('PLUGIN_ERR_NOT_FOUND', `there is no file ${path}`)
  if (isWrittenAsPath || (isFile && /\.(?:ts|js|mjs)$/.test(entry))) return path
  const file = locatePackage(entry, baseDir)
  if (file === undefined) throw new PluginError('PLUGIN_ERR_NOT_FOUND')
  return file
}

function locatePackage (specifier: string, baseDir: string): string | undefined {
  if (isBuiltin(specifier)) return undefined
  try {
    return createRequire(join(baseDir, 'plugins.js')).resolve(specifier)
  } catch (err) {
    // a package that exports for `import` only; require.resolve cannot be told to look for that
    if ((err as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return locateImportOnly(specifier, baseDir)
    return undefined
  }
}

function locateImportOnly (specifier: string, baseDir: string): string | undefined {
  const [name = '', ...subpath] = specifier.split(/(?<!^@[^/]*)\//)
  const manifest = findPackageJSON(name, join(baseDir, 'plugins.js'))
  if (manifest === undefined) return undefined
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { exports?: unknown }
  const target = targetOf(exports, ['.', ...subpath].join('/'))
  return target === undefined ? undefined : join(dirname(manifest), target)
}

function targetOf (exported: unknown, key: string): string | undefined {
  if (typeof exported === 'string') return exported
  if (typeof exported !== 'object' || exported === null) return undefined
  const [chosen] = [key, 'node', 'import', 'default']
    .filter(condition => Object.hasOwn(exported, condition))
    .map(condition => (exported as Record<string, unknown>)[condition])
  return targetOf(chosen, key)
}
