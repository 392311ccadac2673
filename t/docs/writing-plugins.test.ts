import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startUpstream } from '../../scripts/demo/upstream.ts'
import { followPage } from '../support/follow-page.ts'
import { TestGateway } from '../support/gateway.ts'
import { readSteps } from '../support/readme.ts'

const repository = join(import.meta.dirname, '..', '..')

t.test('the commands of the page take an author from nothing to a plugin that serves, and to a package', async t => {
  const upstream = await startUpstream({ host: '127.0.0.1', port: 0 })
  t.teardown(() => upstream.close())
  const gateway = await TestGateway.start(t, { plugins: ['request-id'], workers: 1 })
  await symlink(join(repository, 'node_modules'), join(gateway.folder, 'node_modules')) // as in the folder of a gateway
  await symlink('.', join(gateway.folder, 'conf'))
  const steps = readSteps(await readFile(join(repository, 'docs', 'plugins', 'writing.md'), 'utf8'))
  await followPage(t, 'writing', steps, { gateway, ports: { 1980: upstream.port }, cwd: gateway.folder })
})
