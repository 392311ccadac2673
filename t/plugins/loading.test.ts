import t from 'tap'
import { join } from 'node:path'
import type { PluginCatalog } from '@clinch/plugins'
import { assertSchema, defaultPlugins } from '@clinch/schema'
import { fakeRequest } from '../support/request-context.ts'
import { makePluginFolder, pluginSource } from './plugin-folder.ts'

const namesOf = (catalog: PluginCatalog) => catalog.list.map(({ plugin }) => plugin.name)

t.test('the built-in plugins are known by name and come highest priority first', async t => {
  const catalog = await makePluginFolder(t).load(['ocsp-stapling', 'prometheus', 'request-id', 'proxy-rewrite', 'ip-restriction'])
  t.strictSame(catalog.list.map(({ plugin, source }) => [plugin.name, plugin.version, plugin.priority, source]), [
    ['request-id', 0.1, 12015, 'built-in'],
    ['ip-restriction', 0.1, 3000, 'built-in'],
    ['proxy-rewrite', 0.1, 1008, 'built-in'],
    ['prometheus', 0.2, 500, 'built-in'],
    ['ocsp-stapling', 0.1, -44, 'built-in']
  ])
  t.strictSame(catalog.failures, [])
})

t.test('the schemas of the built-in plugins compile; they do so when they are needed', async t => {
  const { list, failures } = await makePluginFolder(t).load(defaultPlugins)
  t.strictSame(failures, [])
  t.equal(list.length, defaultPlugins.length)
  for (const { plugin: { name, consumerSchema, metadataSchema, attrSchema }, schema } of list) {
    for (const one of [schema, consumerSchema, metadataSchema, attrSchema]) if (one !== undefined) t.doesNotThrow(() => assertSchema(one), name)
  }
})

t.test('only what is listed is there', async t => {
  const catalog = await makePluginFolder(t).load(['request-id'])
  t.equal(catalog.get('request-id')?.plugin.name, 'request-id')
  t.equal(catalog.get('prometheus'), undefined)
  t.equal(catalog.get('__proto__'), undefined)
})

t.test('an empty list is fine', async t => {
  t.strictSame((await makePluginFolder(t).load([])).list, [])
})

t.test('plugins can be files: relative, absolute, in TypeScript and JavaScript', async t => {
  const folder = makePluginFolder(t)
  folder.write('one.ts', `const name: string = 'one'\n${pluginSource('x', { name: 'name' })}`)
  folder.write('plugins/two.mjs', pluginSource('two'))
  folder.write('plugins/three.js', pluginSource('three'))
  folder.write('four.mjs', pluginSource('four'))
  const catalog = await folder.load(['./one.ts', 'plugins/two.mjs', './plugins/../plugins/three.js', join(folder.path, 'four.mjs')])
  t.strictSame(catalog.failures, [])
  t.strictSame(namesOf(catalog), ['four', 'one', 'three', 'two'], 'equal priorities: by name')
  t.equal(catalog.get('two')?.source, 'plugins/two.mjs')
})

t.test('plugins can be npm packages, found from the folder of the configuration', async t => {
  const folder = makePluginFolder(t)
  const manifest = (exports: unknown) => JSON.stringify({ name: 'any', type: 'module', exports })
  folder.write('node_modules/plain/package.json', JSON.stringify({ type: 'module', main: 'lib/main.js' }))
  folder.write('node_modules/plain/lib/main.js', pluginSource('plain'))
  folder.write('node_modules/@scope/esm-only/package.json', manifest({ '.': { types: './x.d.ts', import: './esm.js' }, './more': { import: { node: './more.js' } } }))
  folder.write('node_modules/@scope/esm-only/esm.js', pluginSource('esm-only'))
  folder.write('node_modules/@scope/esm-only/more.js', pluginSource('more'))
  folder.write('node_modules/short/package.json', manifest({ import: './short.mjs' }))
  folder.write('node_modules/short/short.mjs', pluginSource('short'))
  folder.write('node_modules/dotted.js/package.json', manifest('./index.js'))
  folder.write('node_modules/dotted.js/index.js', pluginSource('dotted'))
  const catalog = await folder.load(['plain', '@scope/esm-only', '@scope/esm-only/more', 'short', 'dotted.js'])
  t.strictSame(catalog.failures, [])
  t.strictSame(namesOf(catalog), ['dotted', 'esm-only', 'more', 'plain', 'short'])
})

t.test('duplicates are ignored', async t => {
  const catalog = await makePluginFolder(t).load(['request-id', 'request-id'])
  t.equal(catalog.list.length, 1)
  t.strictSame(catalog.failures, [])
})

t.test('what cannot be loaded is left out, told, and no hindrance to the others', async t => {
  const folder = makePluginFolder(t)
  folder.write('throws.mjs', 'throw new Error(\'on import\')\n')
  folder.write('throws-text.mjs', 'throw \'just text\' // eslint-disable-line\n')
  folder.write('broken.ts', 'export default {{{\n')
  folder.write('node_modules/shut/package.json', JSON.stringify({ exports: { './other': './o.js' } }))
  const entries = ['openid-connect', './missing.ts', 'missing.ts', './throws.mjs', './throws-text.mjs', './broken.ts', 'shut', 'shut/deep', 'node:fs', 'constructor', '', 'request-id']
  const catalog = await folder.load(entries)
  t.strictSame(namesOf(catalog), ['request-id'])
  const reasons = new Map(catalog.failures.map(({ entry, reason }) => [entry, reason]))
  t.strictSame([...reasons.keys()], entries.slice(0, -1))
  t.equal(reasons.get('openid-connect'), 'neither a built-in plugin nor a file or package that can be found')
  t.equal(reasons.get('./missing.ts'), `there is no file ${join(folder.path, 'missing.ts')}`)
  t.equal(reasons.get('./throws.mjs'), 'on import')
  t.equal(reasons.get('./throws-text.mjs'), 'just text')
  t.strictSame(folder.recorder.messages(50), entries.slice(0, -1).map(entry => `failed to load plugin [${entry}]`))
  t.match(folder.recorder.lines[0], { err: { code: 'PLUGIN_ERR_NOT_FOUND' } })
})

t.test('a default export that is no plugin is refused with the field that is at fault', async t => {
  const folder = makePluginFolder(t)
  const cases: ReadonlyArray<readonly [source: string, fault: string]> = [
    [pluginSource('x', { priority: '' }), 'missing field: priority'],
    [pluginSource('x', { version: '' }), 'missing field: version'],
    [pluginSource('x', { schema: '' }), 'missing field: schema'],
    [pluginSource('x', { create: '' }), 'missing field: create'],
    [pluginSource(''), 'missing field: name'],
    [pluginSource('x', { priority: '\'high\'' }), 'field priority must be of type number'],
    [pluginSource('x', { priority: 'NaN' }), 'field priority must be of type number'],
    [pluginSource('x', { schema: '[]' }), 'field schema must be of type object'],
    [pluginSource('x', { schema: 'null' }), 'field schema must be of type object'],
    [pluginSource('x', { init: 'true' }), 'field init must be of type function'],
    [pluginSource('x', { encryptFields: '{}' }), 'field encryptFields must be of type array'],
    [pluginSource('x', { schema: '{ type: \'object\', properties: { _meta: {} } }' }), 'its schema must not define _meta'],
    [pluginSource('x', { variables: '{ mood: \'good\' }' }), 'field variables must hold functions'],
    [pluginSource('x', { encryptFields: '[1]' }), 'field encryptFields must be an array of strings'],
    [pluginSource('x', { version: '\'1.0.0\'' }), 'field version must be of type number'],
    [pluginSource('x', { type: '\'authentication\'' }), 'field type can only be \'auth\''],
    [pluginSource('x', { runPolicy: '\'always\'' }), 'field runPolicy can only be \'prefer_route\''],
    [pluginSource('my plugin'), 'field name must be letters, digits, -, _ and . only'],
    [pluginSource('__proto__'), 'field name must be letters, digits, -, _ and . only'],
    [pluginSource('../x'), 'field name must be letters, digits, -, _ and . only'],
    ['export const plugin = {}\n', 'it has no default export that is an object'],
    ['export default null\n', 'it has no default export that is an object'],
    ['export default () => {}\n', 'it has no default export that is an object']
  ]
  for (const [source, fault] of cases) {
    folder.write('x.mjs', source)
    t.strictSame((await folder.load(['./x.mjs'])).failures, [{ entry: './x.mjs', reason: `invalid plugin [./x.mjs], ${fault}` }])
  }
})

t.test('of two plugins that add a variable the one of higher priority has it; the fields of all are reserved', async t => {
  const folder = makePluginFolder(t)
  folder.write('low.mjs', pluginSource('low', { priority: '1', variables: '{ mood: () => \'low\', depth: () => \'1\' }', reservedFields: 'attr => attr.fields ?? [\'X-Low\']' }))
  folder.write('high.mjs', pluginSource('high', { priority: '2', variables: '{ mood: () => \'high\' }', reservedFields: '() => [\'X-High\']' }))
  const catalog = await folder.load(['./low.mjs', './high.mjs'])
  t.strictSame([...catalog.variables].map(([name, read]) => `${name} ${read(fakeRequest())}`).sort(), ['depth 1', 'mood high'])
  t.strictSame(catalog.reservedFields, ['X-High', 'X-Low'])
  t.strictSame((await folder.load(['./low.mjs'], { low: { fields: [] } })).reservedFields, [])
  for (const fields of ['X-Low', [1], ['no name']]) {
    t.strictSame((await folder.load(['./low.mjs'], { low: { fields } })).failures, [{ entry: './low.mjs', reason: 'invalid plugin [low], reservedFields must return names of fields' }])
  }
})

t.test('a schema that does not compile keeps its plugin out, whichever of its schemas it is', async t => {
  const folder = makePluginFolder(t)
  const nonsense = '{ type: \'nonsense\' }'
  for (const [member, source] of [['schema', nonsense], ['consumerSchema', nonsense], ['metadataSchema', nonsense], ['attrSchema', nonsense], ['resources', `{ ssl: { x: ${nonsense} } }`]] as const) {
    folder.write('x.mjs', pluginSource('x', { [member]: source }))
    const { list, failures } = await folder.load(['./x.mjs'])
    t.strictSame(list, [])
    t.match(failures[0]?.reason, new RegExp(`^invalid plugin \\[\\./x\\.mjs\\], ${member}(\\.ssl)? is no JSON Schema: .*type`))
  }
})

t.test('TypeScript that cannot be run by leaving its types out is refused with the reason', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.ts', `enum Mood { good }\n${pluginSource('x', { version: 'Mood.good' })}`)
  t.match((await folder.load(['./x.ts'])).failures[0]?.reason, /TypeScript enum is not supported/)
})

t.test('of two plugins with one name the first in the list is loaded', async t => {
  const folder = makePluginFolder(t)
  folder.write('mine.mjs', pluginSource('request-id'))
  const catalog = await folder.load(['./mine.mjs', 'request-id'])
  t.equal(catalog.get('request-id')?.source, './mine.mjs')
  t.strictSame(catalog.failures, [{ entry: 'request-id', reason: 'invalid plugin [request-id], the name request-id is taken by ./mine.mjs' }])
})

t.test('a property that two plugins add to a resource belongs to the one of higher priority', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.mjs', pluginSource('x', { resources: '{ ssl: { ocsp_stapling: { type: \'string\' }, x: {}, cert: {} } }' }))
  const catalog = await folder.load(['ocsp-stapling', './x.mjs'])
  t.strictSame(Object.keys(catalog.resourceProperties('ssl')), ['ocsp_stapling', 'x'])
  t.match(catalog.resourceProperties('ssl')['ocsp_stapling'], { type: 'string' })
  t.strictSame(folder.recorder.messages(50), ['Field \'cert\' is occupied', 'Field \'ocsp_stapling\' is occupied'])
  t.ok(catalog.get('ocsp-stapling'), 'it is loaded all the same')
})

t.test('plugin_attr is checked and its defaults filled in', async t => {
  const folder = makePluginFolder(t)
  const attrSchema = '{ type: \'object\', properties: { size: { type: \'integer\', default: 3 }, deep: { type: \'object\', properties: { flag: { type: \'boolean\' } } } } }'
  folder.write('x.mjs', pluginSource('x', { attrSchema }))
  t.strictSame((await folder.load(['./x.mjs'])).get('x')?.attr, { size: 3 })
  t.strictSame((await folder.load(['./x.mjs'], { x: { deep: { flag: true } }, y: 1 })).get('x')?.attr, { deep: { flag: true }, size: 3 })
  const { list, failures } = await folder.load(['./x.mjs'], { x: { deep: { flag: 'on' } } })
  t.strictSame(list, [])
  t.strictSame(failures, [{
    entry: './x.mjs',
    reason: 'plugin_attr.x.deep.flag: property "deep" validation failed: property "flag" validation failed: wrong type: expected boolean, got string'
  }])
})

t.test('plugin_attr of a plugin without a schema for it is handed on as it is', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.mjs', pluginSource('x'))
  t.strictSame((await folder.load(['./x.mjs'], { x: { any: 1 } })).get('x')?.attr, { any: 1 })
  t.strictSame((await folder.load(['./x.mjs'])).get('x')?.attr, {})
})
