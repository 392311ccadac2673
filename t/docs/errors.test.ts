import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adminErrors } from '@clinch/admin-api'
import { crlErrors, ocspErrors } from '@clinch/ocsp-core'
import { pluginErrors } from '@clinch/plugins'
import { storeErrors } from '@clinch/store'
import t from 'tap'

const repository = join(import.meta.dirname, '..', '..')
const documented = readRows(await readFile(join(repository, 'docs', 'errors.md'), 'utf8'))
const lists = { ...ocspErrors, ...crlErrors, ...storeErrors, ...pluginErrors, ...adminErrors }

t.test('docs/errors.md has every code once, with the meaning that the code gives it', async t => {
  for (const [code, meaning] of Object.entries(lists)) {
    t.same(documented.filter(row => row.code === code).map(row => row.meaning), [meaning], code)
  }
})

t.test('docs/errors.md has no code that is nowhere', async t => {
  const known = new Set([...Object.keys(lists), ...await codesInSources()])
  for (const { code } of documented) t.ok(known.has(code), code)
})

t.test('a code that the sources use is documented, whether it stands in a list or not', async t => {
  for (const code of await codesInSources()) t.ok(documented.some(row => row.code === code), code)
})

interface Row { readonly code: string, readonly meaning: string }

function readRows (page: string): Row[] {
  return Array.from(page.matchAll(/^\| `([A-Z]+_ERR_[A-Z_]+)` \| (.*?) \|/gm), ([, code = '', meaning = '']) => ({ code, meaning }))
}

// undici's and Node's own codes are not ours to document
async function codesInSources (): Promise<Set<string>> {
  const codes = new Set<string>()
  for await (const file of glob('packages/*/src/**/*.ts', { cwd: repository })) {
    const text = await readFile(join(repository, file), 'utf8')
    for (const [, code = ''] of text.matchAll(/\b((?!UND_)[A-Z]+_ERR_[A-Z_]*[A-Z])\b/g)) codes.add(code)
  }
  return codes
}
