import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository, run, type Outcome } from './run-script.ts'

const lock = {
  '': {},
  'node_modules/fastify': { version: '5.0.0', integrity: 'sha512-a' },
  'node_modules/tap': { version: '21.0.0', integrity: 'sha512-b', dev: true },
  'node_modules/for-another-platform': { version: '1.0.0', integrity: 'sha512-c', optional: true }
}
const { 'node_modules/fastify': fastify, 'node_modules/tap': tap } = lock
const everything = { 'node_modules/fastify': fastify, 'node_modules/tap': tap }

interface World {
  /** what node_modules/.package-lock.json lists; undefined when nothing was ever installed */
  readonly installed?: Record<string, unknown>
  /** the commands on PATH, each with the lines of a shell script; `node` is this Node unless given */
  readonly commands?: Record<string, string>
  /** what stands in node_modules/.bin */
  readonly packaged?: Record<string, string>
  readonly builtPlugins?: readonly string[]
}

/** A repository of two packages in a temporary folder, and a PATH on which only a few commands are. */
async function runSetUp (t: Test, world: World, ...args: string[]): Promise<Outcome & { npm: string, root: string }> {
  const root = t.testdir({ bin: {}, node_modules: { '.bin': {} }, '.taprc': 'plugin:\n  - "!@tapjs/typescript"\n' })
  const bin = join(root, 'bin')
  const modules = join(root, 'node_modules')
  for (const script of ['set-up.mjs', 'set-up']) await cp(join(repository, 'scripts', script), join(root, 'scripts', script), { recursive: true })
  await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: lock }))
  if (world.installed !== undefined) await writeFile(join(modules, '.package-lock.json'), JSON.stringify({ packages: world.installed }))
  for (const name of Object.keys(world.installed ?? {})) await mkdir(join(root, name))

  const signature = join(modules, '@tapjs/test/test-built/dist/esm')
  await mkdir(signature, { recursive: true })
  await writeFile(join(signature, 'index.js'), `export const signature = \`${(world.builtPlugins ?? ['@tapjs/after']).join('\n')}\``)

  const record = `echo "$@" >> ${join(root, 'npm.log')}\n`
  const { npm = '', ...others } = world.commands ?? {}
  await writeScripts(bin, { npm: record + npm, ...others })
  await writeScripts(join(modules, '.bin'), world.packaged ?? {})
  if (others['node'] === undefined) await symlink(process.execPath, join(bin, 'node'))

  const outcome = await run(process.execPath, [join(root, 'scripts/set-up.mjs'), ...args], { env: { PATH: bin } })
  return { ...outcome, npm: await readFile(join(root, 'npm.log'), 'utf8').catch(() => ''), root }
}

async function writeScripts (folder: string, scripts: Record<string, string>): Promise<void> {
  for (const [name, lines] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${lines}\n`)
    await chmod(join(folder, name), 0o755)
  }
}

const forTests = { etcd: '', etcdctl: '', openssl: '', curl: '', yq: '', 'redis-server': '' }

t.test('with everything in place the set-up says nothing and runs nothing', async t => {
  const { code, stdout, stderr, npm } = await runSetUp(t, { installed: everything, commands: forTests }, '--for-tests')
  t.equal(code, 0, stderr)
  t.equal(stdout + stderr, '')
  t.equal(npm, '')
})

t.test('npm ci runs when', async t => {
  const cases: Array<[name: string, world: World, forTests: boolean]> = [
    ['nothing was ever installed', {}, false],
    ['a package is missing', { installed: { 'node_modules/tap': tap } }, false],
    ['a package has another version than in the lock file', { installed: { ...everything, 'node_modules/fastify': { ...fastify, version: '4.0.0' } } }, false],
    ['a development package is missing and the tests are next', { installed: { 'node_modules/fastify': fastify } }, true]
  ]
  for (const [name, world, forTestsToo] of cases) {
    t.test(name, async t => {
      const { code, stderr, npm } = await runSetUp(t, { ...world, commands: forTests }, ...forTestsToo ? ['--for-tests'] : [])
      t.equal(code, 0, stderr)
      t.match(npm, /^ci .*--include=dev/)
      t.match(stderr, 'npm ci', 'a line says what takes the time')
    })
  }
})

t.test('a development package that is missing does not keep the gateway from starting', async t => {
  const { code, npm } = await runSetUp(t, { installed: { 'node_modules/fastify': fastify } })
  t.equal(code, 0)
  t.equal(npm, '')
})

t.test('what npm ci prints is shown when it fails', async t => {
  const { code, stderr } = await runSetUp(t, { commands: { npm: 'echo the registry is away >&2; exit 7' } })
  t.equal(code, 1)
  t.match(stderr, /the registry is away[^]*code 7/)
  t.notMatch(stderr, /\.mjs:\d/, 'no stack trace')
})

t.test('an older Node is refused in one sentence', async t => {
  const { code, stderr } = await runSetUp(t, { installed: everything, commands: { node: 'echo v20.20.2' } })
  t.equal(code, 1)
  t.equal(stderr, 'Clinch needs Node 24 or newer and the one on PATH is v20.20.2: install it (https://nodejs.org) and try again.\n')
})

t.test('a Node that came as a package is what counts, not the one on PATH', async t => {
  const { code } = await runSetUp(t, { installed: everything, packaged: { node: 'echo v24.1.0' }, commands: { node: 'echo v20.20.2' } })
  t.equal(code, 0)
})

t.test('a packaged Node that cannot run here makes way for the one on PATH', async t => {
  const { code, root } = await runSetUp(t, { installed: everything, packaged: { node: 'exit 127' } })
  t.equal(code, 0)
  await t.rejects(readFile(join(root, 'node_modules/.bin/node')), { code: 'ENOENT' })
})

t.test('tap is built once for the plugins of .taprc', async t => {
  const world = { installed: everything, builtPlugins: ['@tapjs/after', '@tapjs/typescript'], commands: forTests, packaged: { tap: 'echo cannot "$1"; exit 3' } }
  const { code, stderr } = await runSetUp(t, world, '--for-tests')
  t.equal(code, 1)
  t.match(stderr, 'cannot build')
})

t.test('where a command is missing and cannot be installed, the message is the line to type', async t => {
  const { etcd, etcdctl, ...others } = forTests
  t.test('on Debian', async t => {
    const { code, stderr } = await runSetUp(t, { installed: everything, commands: others }, '--for-tests')
    t.equal(code, 1)
    t.match(stderr, 'The tests need etcd, etcdctl.')
    t.match(stderr, '\n  sudo apt-get update && sudo apt-get install -y etcd-server etcd-client\n')
  })
  t.test('with Homebrew', async t => {
    const { stderr } = await runSetUp(t, { installed: everything, commands: { ...others, brew: '' } }, '--for-tests')
    t.match(stderr, '\n  brew install etcd\n')
  })
  t.test('without redis alone the tests go on', async t => {
    const { 'redis-server': _missing, ...others } = forTests
    const { code, stderr } = await runSetUp(t, { installed: everything, commands: others }, '--for-tests')
    t.equal(code, 0)
    t.match(stderr, 'The tests need redis-server.')
    t.match(stderr, 'Until then the tests with redis are skipped.')
  })
  t.test('the gateway itself starts without them', async t => {
    const { code } = await runSetUp(t, { installed: everything })
    t.equal(code, 0)
  })
})
