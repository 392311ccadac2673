import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

const repository = join(import.meta.dirname, '..', '..')

t.test('docs/operations/metrics.md has the metrics that the sources register, and no others', async t => {
  const page = await readFile(join(repository, 'docs', 'operations', 'metrics.md'), 'utf8')
  const documented = Array.from(page.matchAll(/^\| `([a-z_]+)` \| (?:counter|gauge|histogram)/gm), ([, name = '']) => name)
  t.same(documented.toSorted(), [...await registeredNames()].sort())
})

// The ways in which the sources name a metric: see reuse-metric.ts, series-table.ts, fetch-metrics.ts, staple-metrics.ts.
const naming = [/named\('([a-z_]+)'/g, /gauge\('([a-z_]+)'/g, /`\$\{prefix\}([a-z_]+)`/g]

async function registeredNames (): Promise<Set<string>> {
  const names = new Set<string>()
  for await (const file of glob('packages/*/src/**/*.ts', { cwd: repository })) {
    const text = await readFile(join(repository, file), 'utf8')
    if (!text.includes('prom-client') && !text.includes('reuse-metric') && !text.includes('series-table')) continue
    for (const pattern of naming) for (const [, name = ''] of text.matchAll(pattern)) names.add(name)
  }
  return names
}
