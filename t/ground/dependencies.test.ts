import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { judgeAudit } from '../../scripts/audit/judge-audit.ts'
import { repository, run } from './run-script.ts'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> } // npm's format 3
const installed = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true)

const allowed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0']
/** Of tools, which are not passed on. */
const allowedForTools = [...allowed, 'Python-2.0', 'CC-BY-3.0', 'CC0-1.0', '(WTFPL OR MIT)', '(MIT OR CC0-1.0)']
/** Its package.json names none; its LICENSE is the MIT licence. */
const licensedByFile = ['node_modules/jsonc-simple-parser']
/** Its script prints a warning about versions and makes nothing. */
const scriptsThatMayBeSkipped = ['node_modules/protobufjs']

t.test('what is installed is pinned by its checksum, comes from the registry that npm is set to, and needs no install script', async t => {
  t.ok(installed.length > 100)
  t.same(installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path), [], 'without a checksum')
  t.same(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path), [], 'tied to a host')
  t.same(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path), scriptsThatMayBeSkipped, 'with an install script')
})

t.test('licences are of those that may be used', async t => {
  const refused = installed.filter(([path, { license = '', dev }]) => !(dev === true ? allowedForTools : allowed).includes(license) && !licensedByFile.includes(path))
  t.same(refused.map(([path, { license }]) => `${path}: ${license ?? 'none'}`), [])
})

t.test('an audit fails for a grave advisory, and for nothing else', async t => {
  const report = (severity: string) => JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: { one: { name: 'one', severity, range: '<2', via: [{ title: 'It breaks', url: 'https://advisories.test/1' }] }, two: { name: 'two', severity, range: '*', via: ['one'] } }
  })
  t.same(judgeAudit(JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} })), { kind: 'fine' })
  t.same(judgeAudit(report('moderate')), { kind: 'fine' })
  for (const severity of ['high', 'critical']) {
    t.same(judgeAudit(report(severity)), { kind: 'found', advisories: [`one <2: ${severity}: It breaks https://advisories.test/1`, `two *: ${severity}: by one`] })
  }
  t.same(judgeAudit('{"message": "405 Method Not Allowed", "statusCode": 405}'), { kind: 'unknown', reason: '405 Method Not Allowed' })
  for (const nothing of ['', 'npm ERR!', '[]', 'null']) t.match(judgeAudit(nothing), { kind: 'unknown', reason: 'npm audit printed no report' }, nothing)

  const { code, stdout } = await run(process.execPath, ['scripts/audit/audit.ts'], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_config_registry: 'http://127.0.0.1:9/' } })
  t.equal(code, 0, 'without anybody to ask')
  t.match(stdout, /^audit: not done, .*127\.0\.0\.1:9/)
})
