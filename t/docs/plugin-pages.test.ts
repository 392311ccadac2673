import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { findBuiltInPlugin } from '@clinch/plugins'
import t from 'tap'
import { startUpstream } from '../../scripts/demo/upstream.ts'
import { TestGateway } from '../support/gateway.ts'
import { missingFrom, readSteps } from '../support/readme.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '..', '..', 'docs', 'plugins')

/** The pages whose examples are written as commands (`bash`) and what they print (`text`), by their plugin. */
async function readPages () {
  const names = (await readdir(folder)).filter(file => file.endsWith('.md')).map(file => basename(file, '.md')).sort()
  const pages = await Promise.all(names.map(async name => ({ name, steps: readSteps(await readFile(join(folder, `${name}.md`), 'utf8')) })))
  const isPlugin = await Promise.all(names.map(async name => await findBuiltInPlugin(name) !== undefined))
  return pages.filter(({ steps }, at) => isPlugin[at] === true && steps.length > 0)
}

t.test('the examples of the plugins\' pages print what the pages say', async t => {
  const pages = await readPages()
  const upstream = await startUpstream({ host: '127.0.0.1', port: 0 })
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { plugins: pages.map(({ name }) => name), workers: 1 })
  const ports = new Map([['9180', new URL(gateway.adminUrl).port], ['9080', String(gateway.httpPort)], ['1980', String(upstream.port)]])
  for (const { name, steps } of pages) {
    for (const { heading, commands, expected } of steps) {
      await t.test(`${name}: ${heading}`, async t => {
        const script = commands.replace(/\b(9180|9080|1980)\b/g, port => ports.get(port) ?? port)
        const { NODE_OPTIONS: _taps, ...environment } = process.env
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env: { ...environment, admin_key: gateway.key } })
        t.equal(missingFrom(stdout, expected), undefined, stdout)
      })
    }
  }
})
