import { mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { runCli } from '../support/run-cli.ts'

const packageFolder = resolve(import.meta.dirname, '../../packages/plugins')

t.test('a plugin is made under its name, linked to the contract of this gateway', async t => {
  const cwd = await mkdtemp(join(await realpath(tmpdir()), 'clinch-plugin-'))
  t.teardown(async () => await rm(cwd, { recursive: true }))
  const { code, stdout } = await runCli(['plugin', 'new', 'shop-hours', '--dir', 'mine'], { cwd })
  t.equal(code, 0)
  t.match(stdout, 'mine/shop-hours.ts\n')
  t.match(stdout, 'npm install --prefix mine ', 'outside of the gateway\'s folder @clinch/plugins has to be linked')
  const folder = join(cwd, 'mine')
  t.strictSame((await readdir(folder)).sort(), ['.gitignore', 'README.md', 'package.json', 'shop-hours.test.ts', 'shop-hours.ts', 'tsconfig.json'])
  for (const file of await readdir(folder)) t.notMatch(await readFile(join(folder, file), 'utf8'), 'my-plugin', file)
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name: string, exports: string, devDependencies: Record<string, string> }
  t.match(manifest, { name: 'shop-hours', exports: './dist/shop-hours.js' })
  t.equal(resolve(folder, manifest.devDependencies['@clinch/plugins']?.replace('file:', '') ?? ''), packageFolder)
})

t.test('what cannot be made is refused in a sentence, and nothing is written over', async t => {
  const cwd = t.testdir({ taken: { 'notes.txt': 'mine' }, file: '' })
  const cases: ReadonlyArray<readonly [args: readonly string[], code: number, sentence: string]> = [
    [['new', 'x', '--dir', 'taken'], 1, 'clinch: taken is not empty'],
    [['new', 'x', '-d', 'file'], 1, 'clinch: EEXIST: file already exists'],
    [['new', 'limit-count'], 1, 'clinch: the gateway comes with a plugin limit-count: take another name'],
    [['new', '../x'], 2, 'clinch: ../x is no name for a plugin: small letters and digits, with - between words'],
    [['new'], 2, 'clinch: how is the plugin called?'],
    [['new', 'x', 'y'], 2, 'clinch: what is y?'],
    [['gnu', 'x'], 2, 'clinch: there is no command plugin gnu'],
    [['new', 'x', '--into', 'y'], 2, 'clinch: Unknown option \'--into\'']
  ]
  const answers = await Promise.all(cases.map(async ([args]) => await runCli(['plugin', ...args], { cwd })))
  for (const [at, [args, code, sentence]] of cases.entries()) {
    t.match(answers[at], { code, stdout: '', stderr: sentence }, args.join(' '))
  }
  t.strictSame(await readdir(cwd), ['file', 'taken'])
  t.match(await runCli(['plugin', '--help'], { cwd }), { code: 0, stdout: 'Usage: clinch plugin new NAME' })
})
