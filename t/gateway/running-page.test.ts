import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { TestGateway } from '../support/gateway.ts'
import { missingFrom, readSteps } from '../support/readme.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

t.test('the commands of docs/operations/running.md do what it says, pasted in their order', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: [] })
  await mkdir(join(gateway.folder, 'conf'))
  await copyFile(gateway.configFile, join(gateway.folder, 'conf', 'config.yaml')) // with the same data_dir
  const npx = join(gateway.folder, 'npx')
  await writeFile(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(root, 'packages', 'gateway', 'src', 'cli.ts')}' "$@"\n`)
  await chmod(npx, 0o755)
  const { NODE_OPTIONS: _taps, ...environment } = process.env
  const steps = readSteps(await readFile(join(root, 'docs', 'operations', 'running.md'), 'utf8'))
  t.ok(steps.length >= 5)
  for (const { heading, commands, expected } of steps) {
    const { stdout, stderr } = await run('bash', ['-euc', commands], { cwd: gateway.folder, env: { ...environment, PATH: `${gateway.folder}${delimiter}${process.env['PATH']}` } })
    t.equal(missingFrom(stdout, expected), undefined, `${heading}: ${stdout}${stderr}`)
  }
  t.equal(await gateway.stop(), 0)
})
