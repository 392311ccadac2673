import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository, run, type Outcome } from './run-script.ts'

/** Runs `npm test`'s script on test files of its own. */
async function runTests (t: Test, files: Record<string, string>, ...args: string[]): Promise<Outcome & { lastLine: string | undefined }> {
  const root = t.testdir({ 'package.json': '{ "type": "module" }', t: Object.fromEntries(Object.entries(files).map(([name, body]) => [name, `import t from 'tap'\n${body}`])) })
  await copyFile(join(repository, '.taprc'), join(root, '.taprc'))
  const outcome = await run(process.execPath, [join(repository, 'scripts/run-tests.ts'), ...args], { cwd: root, env: process.env })
  return { ...outcome, lastLine: outcome.stdout.trimEnd().split('\n').at(-1) }
}

t.test('a run of the named files that passes ends with its count and code 0', async t => {
  const { code, stdout, lastLine } = await runTests(t, {
    'a.test.ts': "t.test('around', async t => { t.test('one', async t => { t.ok(1); t.ok(2) }); t.test('two', async t => { t.ok(1) }) })",
    'b.test.ts': "t.test('three', async t => { t.ok(1) }); t.test('later', { skip: 'not here' }, async () => {})",
    'not-named.test.ts': "t.test('four', async t => { t.ok(0) })"
  }, 't/a.test.ts', 't/b.test.ts')
  t.equal(code, 0)
  t.equal(lastLine, '3 passed, 0 failed, 1 skipped')
  t.match(stdout, /t\/a\.test\.ts.*\n {2}✓ around\n {4}✓ one\n {4}✓ two/, 'the report names each test')
})

t.test('a failed run names what failed and why, and ends with code 1', async t => {
  const { code, stdout, stderr, lastLine } = await runTests(t, {
    'a.test.ts': "t.test('sums', async t => { t.equal(1 + 1, 3, 'adds up') }); t.test('fine', async t => { t.ok(1) })",
    'b.test.ts': "throw new Error('broken on import')",
    'c.test.ts': "t.test('good', async t => { t.ok(1) }); process.exitCode = 3"
  })
  t.equal(code, 1)
  t.equal(lastLine, '2 passed, 3 failed')
  t.match(stdout, /✗ sums\n\s+adds up\n[^]*-3[^]*\+2[^]*a\.test\.ts:2:/, 'the difference and the place')
  t.match(stdout, 'Failed:\n  t/a.test.ts > sums\n  t/b.test.ts\n  t/c.test.ts\n')
  t.match(stderr, 'broken on import', 'what a test file prints to standard error is shown')
})

t.test('naming no file that exists is a failure', async t => {
  const { code, lastLine } = await runTests(t, {}, 't/misspelt.test.ts')
  t.equal(code, 1)
  t.equal(lastLine, '0 passed, 1 failed')
})
