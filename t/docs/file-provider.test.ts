import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { runCli } from '../support/run-cli.ts'

const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations', 'file-provider.md'), 'utf8')

t.test('the files of docs/operations/file-provider.md can be used as they are', async t => {
  const folder = t.testdir()
  await mkdir(join(folder, 'conf'))
  const blocks = [...page.matchAll(/^```yaml (\S+)\n([^]*?)^```$/gm)]
  t.same(blocks.map(([, name]) => name), ['config.yaml', 'apisix.yaml'])
  for (const [, name = '', text = ''] of blocks) await writeFile(join(folder, 'conf', name), text)
  const { code, stdout, stderr } = await runCli(['test'], { cwd: folder })
  t.equal(stderr, '')
  t.equal(code, 0)
  t.match(stdout, /conf\/apisix\.yaml: 3 objects are fine/)
})
