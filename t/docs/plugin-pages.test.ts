import { readFile, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { findBuiltInPlugin } from '@clinch/plugins'
import t from 'tap'
import { startUpstream } from '../../scripts/demo/upstream.ts'
import { followPage } from '../support/follow-page.ts'
import { TestGateway } from '../support/gateway.ts'
import { readSteps } from '../support/readme.ts'

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
  await gateway.logged('prometheus export server is listening')
  const metricsPort = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1] ?? ''
  for (const { name, steps } of pages) await followPage(t, name, steps, { gateway, ports: { 1980: upstream.port, 9091: metricsPort } })
})
