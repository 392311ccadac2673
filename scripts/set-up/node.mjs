import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SetUpError } from './errors.mjs'

const oldestMajor = 24

/**
 * Checks the `node` that npm scripts will find: the one that came as a package, where there is one for this platform,
 * else the one on PATH.
 */
export function requireNode (root) {
  const packaged = join(root, 'node_modules', '.bin', 'node')
  if (existsSync(packaged)) {
    const version = versionOf(packaged)
    if (version !== undefined) return requireVersion(version)
    // built for another C library (Alpine): npm would still prefer it to the one on PATH
    rmSync(packaged)
  }
  requireVersion(versionOf('node'))
}

function requireVersion (version) {
  if (version !== undefined && Number.parseInt(version.slice(1)) >= oldestMajor) return
  const found = version === undefined ? 'there is none on PATH' : `the one on PATH is ${version}`
  throw new SetUpError(`Clinch needs Node ${oldestMajor} or newer and ${found}: install it (https://nodejs.org) and try again.`)
}

function versionOf (node) {
  if (node !== 'node' && realpathSync(node) === process.execPath) return process.version
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return status === 0 && /^v\d+/.test(stdout) ? stdout.trim() : undefined
}
