import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigSchema } from '@clinch/schema'
import t from 'tap'
import { rowsOf } from '../../scripts/docs/schema-rows.ts'

const repository = join(import.meta.dirname, '..', '..')
const page = await readFile(join(repository, 'SECURITY.md'), 'utf8')
const table = page.slice(page.indexOf('### What strangers can make grow'))
const rows = Array.from(table.matchAll(/^\| (?!What \||---)(.+) \|$/gm), ([, row = '']) => row.split(/ *\| */))

t.test('each limit on strangers names a test that there is', async t => {
  t.ok(rows.length > 20)
  for (const cells of rows) {
    const tests = [...(cells[4] ?? '').matchAll(/\[\*([^*]+)\*\]\(([^)]+)\)/g)]
    t.ok(tests.length > 0, cells[0] ?? '')
    for (const [, name = '', file = ''] of tests) t.ok((await readFile(join(repository, file), 'utf8')).replaceAll("\\'", "'").includes(name), `${file}: ${name}`)
  }
})

t.test('and settings that there are, with their defaults', async t => {
  const configured = new Map(rowsOf(ConfigSchema, '').map(({ key, fallback }) => [key, fallback]))
  const attrs = await readFile(join(repository, 'docs', 'operations', 'configuration.md'), 'utf8')
  const settings = rows.flatMap(cells => [...(cells[2] ?? '').matchAll(/`([a-z_.0-9-]+\.[a-z_.0-9-]+)`(?: of the upstream)? \(`?([^)`: ]+)/g)])
  t.ok(settings.length > 20)
  for (const [, key = '', fallback = ''] of settings) {
    if (key === 'timeout.read') continue // of an upstream
    const [, plugin, member] = /^plugin_attr\.([^.]+)\.(.+)$/.exec(key) ?? []
    const known = plugin === undefined
      ? configured.get(key)
      : new RegExp(`^\\| \`${member}\` \\|[^|]*\\| (\`[^\`]*\`)`, 'm').exec(attrs.slice(attrs.indexOf(`## \`plugin_attr.${plugin}\``)))?.[1]
    t.not(known, undefined, key)
    if (key !== 'graphql.max_size') t.equal(known?.replaceAll(/[`"]/g, ''), fallback, key)
  }
})
