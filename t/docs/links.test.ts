import { existsSync } from 'node:fs'
import { glob, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'

const repository = join(import.meta.dirname, '..', '..')

t.test('every link between documents, and from them to sources, leads somewhere', async t => {
  for await (const page of glob(['*.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: repository })) {
    const text = await readFile(join(repository, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      t.ok(existsSync(join(repository, dirname(page), target)), `${page}: ${target}`)
    }
  }
})

t.test('decisions are numbered without gaps and have their four parts', async t => {
  const pages = (await readdir(join(repository, 'docs', 'adr'))).sort()
  for (const [index, page] of pages.entries()) {
    const text = await readFile(join(repository, 'docs', 'adr', page), 'utf8')
    const number = String(index + 1).padStart(4, '0')
    t.match(page, new RegExp(`^${number}-[a-z0-9-]+\\.md$`))
    t.match(text, new RegExp(`^# ${number}: `))
    for (const part of ['Context', 'Decision', 'Rejected', 'Consequences']) t.match(text, `\n## ${part}\n`, `${page}: ${part}`)
  }
})
