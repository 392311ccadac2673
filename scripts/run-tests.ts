// npm test [-- files and options of tap]: runs tap, prints what it found, and ends with one line: N passed, N failed.
// The numbers are test cases, see test-report/cases.ts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { countCases, failedCases } from './test-report/cases.ts'
import { describeFile } from './test-report/print.ts'
import { readTap } from './test-report/test-tree.ts'

const modules = join(import.meta.dirname, '..', 'node_modules')

const { parser, root } = readTap({
  onFile: file => console.log(describeFile(file)),
  onOther: line => process.stdout.write(line)
})

const tap = spawn(process.execPath, [join(modules, 'tap', 'dist', 'esm', 'run.mjs'), '--reporter=tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: envForTap()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => tap.kill(signal))
tap.stdout.pipe(parser)
const [[code, signal]] = await Promise.all([once(tap, 'close'), once(parser, 'complete')])

for (const file of root.tests) if (file.end === undefined) console.log(describeFile(file)) // tap gave up: Bail out!
const { passed, failed, skipped } = countCases(root)
if (failed > 0) console.log(['Failed:', ...failedCases(root).map(name => `  ${name}`), ''].join('\n'))
const unexplained = code !== 0 && failed === 0
if (unexplained) console.log(`tap ended with ${signal ?? `code ${code}`} though no test failed\n`)

process.exitCode = code === 0 && failed === 0 ? 0 : 1
console.log(`${passed} passed, ${failed + (unexplained ? 1 : 0)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)

// Test files start a fifth faster with what was compiled before. A test of this script runs inside of tap, whose own
// settings must not reach the tap that is started here.
function envForTap (): NodeJS.ProcessEnv {
  const inTap = process.env['TAP'] === '1'
  const own = Object.entries(process.env).filter(([name]) => !/^(TAP$|TAP_|_TAPJS_)/.test(name) && !(inTap && name === 'NODE_OPTIONS'))
  return { NODE_COMPILE_CACHE: join(modules, '.cache', 'compile'), ...Object.fromEntries(own) }
}
