import { execFileSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { repository, run } from './run-script.ts'

const { scripts } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { scripts: Record<string, string> } // our own package.json

t.test('the words that every contributor types exist', async t => {
  for (const word of ['start', 'test', 'lint', 'typecheck', 'bench']) t.ok(scripts[word], `npm run ${word}`)
  t.match(scripts['prestart'], 'scripts/set-up.mjs')
  t.match(scripts['pretest'], 'scripts/set-up.mjs --for-tests')
  t.match(scripts['start'], /^exec /, 'SIGTERM to npm start reaches the gateway')
})

t.test('each script names a file that exists', async t => {
  for (const [word, command] of Object.entries(scripts).filter(([word]) => word.startsWith('demo:') || ['pretest', 'prestart', 'test'].includes(word))) {
    const file = /node (\S+)/.exec(command)?.[1] ?? ''
    await t.resolves(stat(join(repository, file)), `npm run ${word}: ${file}`)
  }
})

t.test('the checks of CI can be executed', async t => {
  t.ok((await stat(join(repository, '.ci/run'))).mode & 0o100)
  t.equal((await run('bash', ['-n', '.ci/run'])).code, 0)
})

t.test('conf/config.yaml comes without an admin key', async t => {
  const config = parse(await trackedConfig()) as { deployment?: { admin?: { admin_key?: Array<{ key?: unknown }> } } } // its schema has tests of its own
  for (const { key } of config.deployment?.admin?.admin_key ?? []) t.match(key, /^(\$\{\{.+\}\})?$/)
})

// the gateway writes the key that it made into the file, so the file on disk may hold one
async function trackedConfig (): Promise<string> {
  try {
    return execFileSync('git', ['show', 'HEAD:conf/config.yaml'], { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return await readFile(join(repository, 'conf/config.yaml'), 'utf8')
  }
}
