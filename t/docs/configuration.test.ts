import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigSchema } from '@clinch/schema'
import t from 'tap'
import { renderConfiguration } from '../../scripts/docs/configuration.ts'
import { rowsOf } from '../../scripts/docs/schema-rows.ts'
import { insteadOf, unreadKeys } from '../../scripts/docs/unread-keys.ts'

const repository = join(import.meta.dirname, '..', '..')
const rows = rowsOf(ConfigSchema, '')

t.test('docs/operations/configuration.md is what its generator makes', async t => {
  const page = await readFile(join(repository, 'docs', 'operations', 'configuration.md'), 'utf8')
  t.ok(page === await renderConfiguration(), 'node scripts/docs/configuration.ts writes it anew')
})

t.test('every key of config.yaml has a description', async t => {
  t.same(rows.filter(({ description }) => description === '').map(({ key }) => key), [])
})

t.test('a key is said to have no effect when the gateway does not read it, and only then', async t => {
  const sources = await readSources()
  for (const { key } of rows) {
    const name = nameOf(key)
    const isRead = new RegExp(`(?<![\\w/'-])${name}(?![\\w-])|\\['${name}'\\]`).test(sources)
    if (!ambiguous.has(key)) t.equal(isRead, insteadOf(key) === undefined, key)
  }
})

t.test('the list of keys without effect names keys of the schema', async t => {
  for (const unread of unreadKeys.keys()) t.ok(rows.some(({ key }) => key === unread || key.startsWith(`${unread}.`)), unread)
})

// Their names mean other things in the sources as well, or load-config.ts itself uses them: looked up by hand.
const ambiguous = new Set([
  'clinch.data_dir', 'apisix.router.ssl', 'apisix.control.router', 'apisix.id', 'stream_plugins',
  'apisix.lru.secret.count'
])

function nameOf (key: string): string {
  return (key.split('.').at(-1) ?? '').replace('[]', '')
}

// load-config.ts checks values against each other, which is no use of them
async function readSources (): Promise<string> {
  const texts: string[] = []
  for await (const file of glob('packages/gateway/src/**/*.ts', { cwd: repository })) {
    if (!file.endsWith('load-config.ts')) texts.push(await readFile(join(repository, file), 'utf8'))
  }
  return texts.join('\n')
}
