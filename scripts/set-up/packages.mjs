import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runLongTask } from './long-task.mjs'

/**
 * Brings node_modules to what package-lock.json says, with `npm ci`, unless it is there already.
 *
 * @param root - the repository's folder
 * @param options - withDev: whether the development packages have to be there too
 */
export async function installPackages (root, { withDev }) {
  if (arePackagesInstalled(root, { withDev })) return
  await runLongTask('Installing the packages of package-lock.json (npm ci)',
    ['npm', 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, env: { ...process.env, PATH: pathOutsideNodeModules() } })
}

/**
 * Whether each package of the lock file is in place. npm writes what it installed into node_modules/.package-lock.json
 * as its last step, so comparing the two is true after an interrupted install, after `npm install` by hand, and whatever
 * times the files got from `git clone`. A package that npm may leave out on this platform may be missing.
 */
function arePackagesInstalled (root, { withDev }) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    if (found === undefined) return entry.optional === true || entry.devOptional === true || (entry.dev === true && !withDev)
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(root, path))
  })
}

function readPackages (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch (err) {
    if (err.code === 'ENOENT' || err instanceof SyntaxError) return {}
    throw err
  }
}

// npm's own node must not be the one in node_modules: `npm ci` removes it before it installs
function pathOutsideNodeModules () {
  const isInside = folder => /[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder)
  return (process.env.PATH ?? '').split(delimiter).filter(folder => !isInside(folder)).join(delimiter)
}
