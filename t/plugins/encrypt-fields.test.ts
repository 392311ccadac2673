import t from 'tap'
import { encryptedPaths, mapSecretFields, type PluginCatalog } from '@clinch/plugins'
import { makePluginFolder, pluginSource } from './plugin-folder.ts'

const source = pluginSource('p', { encryptFields: JSON.stringify(['secret', 'auth.password', 'list.token', 'a.b.c.d', 'headers', 'fallbacks']) })

async function loadOne (t: Parameters<typeof makePluginFolder>[0], text = source): Promise<PluginCatalog> {
  const folder = makePluginFolder(t)
  folder.write('p.js', text)
  return await folder.load(['./p.js'])
}

const shout = (text: string) => text.toUpperCase()
const inRoute = (conf: unknown, catalog: PluginCatalog) => (mapSecretFields('routes/1', { plugins: { p: conf } }, catalog, shout)['plugins'] as Record<string, unknown>)['p']

t.test('a path leads through objects and arrays to a text, a list of texts or a map of texts', async t => {
  const catalog = await loadOne(t)
  const cases: Array<[name: string, conf: unknown, mapped: unknown]> = [
    ['a text', { secret: 'x', other: 'x' }, { secret: 'X', other: 'x' }],
    ['an empty text', { secret: '' }, { secret: '' }],
    ['a member', { auth: { password: 'x', user: 'x' } }, { auth: { password: 'X', user: 'x' } }],
    ['each of an array', { list: [{ token: 'x' }, { other: 'x' }, { token: 'y' }] }, { list: [{ token: 'X' }, { other: 'x' }, { token: 'Y' }] }],
    ['arrays at any depth', { a: [{ b: { c: [{ d: 'x' }, { d: ['y', 'z'] }] } }] }, { a: [{ b: { c: [{ d: 'X' }, { d: ['Y', 'Z'] }] } }] }],
    ['a map', { headers: { a: 'x', b: 'y', n: 1 } }, { headers: { a: 'X', b: 'Y', n: 1 } }],
    ['a list', { fallbacks: ['x', 'y', 3, null] }, { fallbacks: ['X', 'Y', 3, null] }],
    ['a map in an array', { list: [{ token: { a: 'x' } }] }, { list: [{ token: { a: 'X' } }] }],
    ['no text at the end', { secret: 7, auth: { password: { deep: { er: 'x' } } }, headers: null }, { secret: 7, auth: { password: { deep: { er: 'x' } } }, headers: null }],
    ['something else on the way', { auth: 'x', a: { b: 'x' }, list: { token: 'x' } }, { auth: 'x', a: { b: 'x' }, list: { token: 'X' } }],
    ['no configuration', 'x', 'x']
  ]
  for (const [name, conf, mapped] of cases) t.strictSame(inRoute(conf, catalog), mapped, name)
})

t.test('what does not change is the same object, and nothing that was given is changed', async t => {
  const catalog = await loadOne(t)
  const object = { uri: '/', plugins: { p: { other: 'x', secret: 'X' } } }
  t.equal(mapSecretFields('routes/1', object, catalog, shout), object)
  const before = { uri: '/', plugins: { p: { secret: 'x', auth: { user: 'u' } }, q: { secret: 'x' } } }
  const after = mapSecretFields('routes/1', before, catalog, shout) as typeof before
  t.strictSame(before.plugins.p.secret, 'x')
  t.equal(after.plugins.p.auth, before.plugins.p.auth)
  t.strictSame(after, { uri: '/', plugins: { p: { secret: 'X', auth: { user: 'u' } }, q: { secret: 'x' } } })
})

t.test('what a plugin that is not loaded holds is left alone, and so are references and names of every object', async t => {
  const catalog = await loadOne(t)
  t.strictSame(mapSecretFields('routes/1', { plugins: { q: { secret: 'x' } } }, catalog, shout), { plugins: { q: { secret: 'x' } } })
  for (const secret of ['$secret://vault/1/a/b', '$env://name', '$Env://name']) t.strictSame(inRoute({ secret }, catalog), { secret })
  t.strictSame(inRoute({ secret: '$SECRET://vault/1/a/b' }, catalog), { secret: '$SECRET://VAULT/1/A/B' }, 'no reference')
  for (const plugins of [undefined, null, [], 'x', JSON.parse('{"__proto__":{"secret":"x"},"constructor":{"secret":"x"}}')]) {
    const object = { plugins }
    t.equal(mapSecretFields('routes/1', object, catalog, shout), object)
  }
  const odd = JSON.parse('{"secret":"x","__proto__":{"a":"b"}}') as object
  t.equal(JSON.stringify(inRoute(odd, catalog)), '{"secret":"X","__proto__":{"a":"b"}}')
})

t.test('every kind of resource that holds plugins is walked, metadata by its own name', async t => {
  const catalog = await loadOne(t)
  const conf = { plugins: { p: { secret: 'x' } } }
  for (const key of ['routes/1', 'services/1', 'consumers/jack', 'consumers/jack/credentials/c1', 'plugin_configs/1', 'consumer_groups/g', 'global_rules/1', 'stream_routes/1']) {
    t.strictSame(mapSecretFields(key, conf, catalog, shout), { plugins: { p: { secret: 'X' } } }, key)
  }
  const withMetadata = await loadOne(t, pluginSource('p', { encryptFields: '["secret", "brokers.password"]', metadataSchema: '{ type: "object" }' }))
  const metadata = { id: 'p', secret: 'x', brokers: [{ password: 'x' }] }
  t.strictSame(mapSecretFields('plugin_metadata/p', metadata, withMetadata, shout), { id: 'p', secret: 'X', brokers: [{ password: 'X' }] })
  t.equal(mapSecretFields('plugin_metadata/p', metadata, catalog, shout), metadata, 'the plugin has no metadata schema')
  t.equal(mapSecretFields('plugin_metadata/q', metadata, withMetadata, shout), metadata)
})

t.test('a path applies to the schemas that know its first name', async t => {
  const catalog = await loadOne(t, pluginSource('p', {
    type: '"auth"',
    encryptFields: '["key", "ldap_password", "master.key"]',
    schema: '{ type: "object", properties: { ldap_password: {} } }',
    consumerSchema: '{ type: "object", properties: { key: {} } }',
    metadataSchema: '{ type: "object", properties: { master: {} } }'
  }))
  const conf = { key: 'x', ldap_password: 'x', master: { key: 'x' } }
  t.strictSame(mapSecretFields('routes/1', { plugins: { p: conf } }, catalog, shout), { plugins: { p: { ...conf, ldap_password: 'X' } } })
  t.strictSame(mapSecretFields('consumers/jack', { plugins: { p: conf } }, catalog, shout), { plugins: { p: { ...conf, key: 'X' } } })
  t.strictSame(mapSecretFields('plugin_metadata/p', conf, catalog, shout), { ...conf, master: { key: 'X' } })
  const loaded = catalog.get('p')
  if (loaded !== undefined) t.strictSame(encryptedPaths(loaded, loaded.plugin.schema), ['ldap_password'])
})

t.test('who is told of a text is told where it stands', async t => {
  const catalog = await loadOne(t)
  const places: unknown[] = []
  mapSecretFields('routes/1', { plugins: { p: { list: [{ token: 'x' }], secret: 'y' } } }, catalog, (text, place) => {
    places.push({ text, ...place })
    return text
  })
  t.strictSame(places, [{ text: 'y', plugin: 'p', path: 'secret' }, { text: 'x', plugin: 'p', path: 'list.token' }])
})

t.test('a plugin whose paths are no texts is not loaded', async t => {
  const folder = makePluginFolder(t)
  folder.write('p.js', pluginSource('p', { encryptFields: '[1]' }))
  const { failures } = await folder.load(['./p.js'])
  t.match(failures, [{ reason: /field encryptFields must be an array of strings/ }])
})
