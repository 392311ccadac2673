import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '@clinch/gateway'
import t from 'tap'
import { stringify } from 'yaml'
import { warnOfExposedAdmin } from '../../packages/gateway/src/primary/admin-exposure.ts'
import { recordLog } from '../support/log-recorder.ts'

const long = 'k'.repeat(32)
const key = (text: string) => [{ name: 'admin', key: text, role: 'admin' }]

t.test('the Admin API listens on loopback unless told, and elsewhere the start warns of what is missing', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'clinch-test-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  const file = join(folder, 'config.yaml')
  const load = async (admin: object) => {
    await writeFile(file, stringify({ deployment: { admin } }))
    return (await loadConfig(file, {})).config
  }
  t.equal((await load({})).deployment.admin.admin_listen.ip, '127.0.0.1')

  const open = { admin_listen: { ip: '0.0.0.0' } }
  const https = { https_admin: true, admin_api_mtls: { admin_ssl_cert: 'a.crt', admin_ssl_cert_key: 'a.key' } }
  const noTls = /^no TLS/
  const cases: ReadonlyArray<readonly [what: string, admin: object, faults: readonly RegExp[]]> = [
    ['loopback, whatever else', { admin_key: key('short') }, []],
    ['all of loopback', { admin_listen: { ip: '127.8.8.8' }, admin_key: key('short') }, []],
    ['loopback of IPv6', { admin_listen: { ip: '::1' }, admin_key: key('short') }, []],
    ['all addresses, TLS and a long key', { ...open, ...https, admin_key: key(long) }, []],
    ['all addresses without TLS', { ...open, admin_key: key(long) }, [noTls]],
    ['one address without TLS', { admin_listen: { ip: '192.0.2.1' }, admin_key: key(long) }, [noTls]],
    ['a name without TLS', { admin_listen: { ip: 'gateway.test' }, admin_key: key(long) }, [noTls]],
    ['a short key', { ...open, ...https, admin_key: key('0123456789abcde') }, [/^the key "admin" has fewer than 16 characters$/]],
    ['no key', { ...open, ...https, admin_key: null, admin_key_required: false }, [/^no key is asked for/]],
    ['a key that is not asked for', { ...open, admin_key: key(long), admin_key_required: false }, [noTls, /^no key is asked for/]]
  ]
  for (const [what, admin, faults] of cases) {
    const { log, lines } = recordLog('warn')
    warnOfExposedAdmin(await load(admin), log)
    t.equal(lines.length, faults.length === 0 ? 0 : 1, what)
    t.match(lines[0]?.['faults'] ?? [], faults, what)
    t.notMatch(JSON.stringify(lines), /k{16}|0123456789/, 'no key')
  }

  const { log, lines } = recordLog('warn')
  warnOfExposedAdmin(await load({ admin_key: key('edd1c9f034335f136f87ad84b625c8f1') }), log)
  t.match(lines, [{ msg: /published examples/, key_name: 'admin' }], 'on loopback too')
  t.notMatch(JSON.stringify(lines), 'edd1c9f')
})
