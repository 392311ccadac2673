import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { TestGateway, until } from '../support/gateway.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority } from '../support/pki.ts'

const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations', 'ocsp-api.md'), 'utf8')
const blocks = Array.from(page.matchAll(/^```shell\n([^]*?)^```$/gm), ([, commands = '']) => commands)

t.test('the commands of docs/operations/ocsp-api.md do what the page says when they are pasted one after the other', async t => {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const [leaf, client] = [authority.issue({ sans: ['shop.test'], ocspUris: [responder.url] }), authority.issue({ subject: 'client', ocspUris: [responder.url] })]
  for (const issued of [leaf, client]) responder.set(issued, 'good')
  const gateway = await TestGateway.start(t, { responders: [responder.url] })
  await writeFile(join(gateway.folder, 'client.crt'), client.certPem)
  await writeFile(join(gateway.folder, 'ca.crt'), authority.certPem)
  await gateway.admin('PUT', 'ssls/1', { cert: leaf.chainPem, key: leaf.keyPem, sni: 'shop.test', ocsp_stapling: { enabled: true } })
  await until(async () => (await gateway.control('/v1/ocsp/staples')).text.includes('"good"'))

  // The ports are this gateway's, the key too: yq need not be there. What each block prints is kept apart by a line of its own.
  const script = blocks.map(commands => `${commands}\necho; echo ---\n`).join('')
    .replaceAll('http://127.0.0.1:9180', gateway.adminUrl).replaceAll('http://127.0.0.1:9090', gateway.controlUrl)
    .replace(/admin_key=\$\(yq .*\)/, `admin_key=${gateway.key}`)
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: gateway.folder })
  const printed = stdout.split('\n---\n')
  t.equal(printed.length, blocks.length + 1)
  const [first, list, one, refreshed, purged, clients, crls, explained, text] = printed
  for (const shown of [first, list, one]) t.match(JSON.parse(shown ?? ''), { total: 1, list: [{ ssl_id: '1', state: 'good' }] })
  t.match(JSON.parse(refreshed ?? ''), { asked: 1, total: 1, list: [{ ssl_id: '1', state: 'good', failures: 0 }] })
  t.match(JSON.parse(purged ?? ''), { key: '/apisix/ocsp/staples/1', deleted: '1' })
  t.match(clients, '{"total":0,"list":[]}\n{"message":"Key not found"}', 'no client has come')
  t.match(JSON.parse(crls ?? ''), { total: 0 })
  t.match(JSON.parse(explained ?? ''), { verdict: { kind: 'good' } })
  t.match(text, 'OCSP Response Status: successful (0x0)')
})

t.test('the JSON of the page is JSON', async t => {
  for (const [, json = ''] of page.matchAll(/^```json\n([^]*?)^```$/gm)) t.ok(JSON.parse(json))
})
