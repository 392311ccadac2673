import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { startAdmin } from './admin-server.ts'

const at = (name: string) => `/apisix/admin/plugin_metadata/${name}`

t.test('metadata is held against the plugin\'s metadata schema, and encrypted where that says so', async t => {
  const file = join(t.testdir(), 'with-metadata.js')
  writeFileSync(file, `export default {
    name: 'with-metadata', version: 1, priority: 1, schema: { type: 'object' },
    metadataSchema: { type: 'object', properties: { ikey: { type: 'string' }, token: { type: 'string' } }, required: ['ikey'], additionalProperties: false },
    encryptFields: ['token'],
    create: () => ({})
  }`)
  const { send, keyring } = await startAdmin(t, { plugins: [file] })
  t.equal((await send('PUT', at('with-metadata'), {})).body.error_msg, 'invalid configuration: property "ikey" is required')
  t.equal((await send('PUT', at('with-metadata'), { ikey: 'i', more: 1 })).body.error_msg, 'invalid configuration: additional properties forbidden, found more')
  const written = await send('PUT', at('with-metadata'), { ikey: 'i', token: 'secret' })
  t.strictSame(written.body.value, { ikey: 'i', token: keyring.encrypt('secret'), id: 'with-metadata' })
  const shown = { ikey: 'i', token: 'secret', id: 'with-metadata' }
  t.strictSame((await send('GET', at('with-metadata'))).body.value, shown)
  t.strictSame((await send('GET', at(''))).body.list[0].value, shown, 'plain in the list as well')
  t.equal((await send('PUT', at('with-metadata'), { ...shown, id: 'whatever' })).body.value.id, 'with-metadata')
})

t.test('the plugin must exist and need not be loaded', async t => {
  const { send } = await startAdmin(t, { plugins: [] })
  t.equal((await send('PUT', at('request-id'), { any: 'thing' })).status, 201)
  for (const name of ['nope', 'toString', '__proto__']) t.equal((await send('PUT', at(name), {})).body.error_msg, 'invalid plugin name', name)
})
