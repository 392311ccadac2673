import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runLongTask } from './long-task.mjs'

/**
 * Builds tap without the plugins that .taprc leaves out. tap would do it by itself, in the middle of its first run and
 * too late for that run's own process.
 */
export async function buildTap (root) {
  if (isTapBuilt(root)) return
  const bin = join(root, 'node_modules', '.bin')
  await runLongTask('Building tap for the plugins of .taprc (tap build)', [join(bin, 'tap'), 'build'],
    { cwd: root, env: { ...process.env, PATH: bin + delimiter + (process.env.PATH ?? '') } })
}

// A built tap carries the names of its plugins, one per line, as its `signature`.
function isTapBuilt (root) {
  const unwanted = [...readFileSync(join(root, '.taprc'), 'utf8').matchAll(/^\s*-\s*["']?!([^"'\s]+)/gm)].map(([, plugin]) => plugin)
  const built = readFileSync(join(root, 'node_modules', '@tapjs', 'test', 'test-built', 'dist', 'esm', 'index.js'), 'utf8')
  const signature = /export const signature = `([^`]*)`/.exec(built)?.[1].split('\n')
  return signature !== undefined && unwanted.every(plugin => !signature.includes(plugin))
}
