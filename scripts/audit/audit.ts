// npm run audit: asks the registry for advisories about what the gateway needs to run. Exits 1 for one of high or critical
// severity, and 0 with a word about it where the registry has no such service or cannot be reached.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { judgeAudit } from './judge-audit.ts'

const repository = join(import.meta.dirname, '..', '..')
const asked = ['audit', '--omit=dev', '--audit-level=high', '--json', '--fetch-retries=0', '--fetch-timeout=20000']

const npm = spawn('npm', asked, { cwd: repository, stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 })
npm.on('error', () => {}) // it prints nothing then
const verdict = judgeAudit(await text(npm.stdout))
switch (verdict.kind) {
  case 'fine':
    console.log('audit: no advisory of high severity')
    break
  case 'found':
    for (const advisory of verdict.advisories) console.error(`audit: ${advisory}`)
    process.exitCode = 1
    break
  case 'unknown':
    console.log(`audit: not done, ${verdict.reason}`)
}
