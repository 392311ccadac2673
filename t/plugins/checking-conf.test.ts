import t from 'tap'
import { makePluginFolder, pluginSource } from './plugin-folder.ts'

const schema = '{ type: \'object\', properties: { count: { type: \'integer\', minimum: 1, default: 5 } }, additionalProperties: false }'

async function loadX (t: Parameters<typeof makePluginFolder>[0], members: Readonly<Record<string, string>> = {}) {
  const folder = makePluginFolder(t)
  folder.write('x.mjs', pluginSource('x', { schema, ...members }))
  const loaded = (await folder.load(['./x.mjs'])).get('x')
  if (loaded === undefined) throw new Error('not loaded')
  return { ...folder, loaded }
}

t.test('a valid configuration comes back as a copy with its defaults', async t => {
  const { loaded } = await loadX(t)
  const conf = { _meta: { priority: 7 } }
  t.strictSame(loaded.checkConf(conf), { kind: 'valid', conf: { count: 5, _meta: { priority: 7 } } })
  t.strictSame(conf, { _meta: { priority: 7 } }, 'what was handed in is as it was')
})

t.test('a complaint is the validator\'s text alone', async t => {
  const { loaded } = await loadX(t)
  t.strictSame(loaded.checkConf({ count: 0 }), { kind: 'invalid', message: 'property "count" validation failed: expected 0 to be at least 1' })
  t.strictSame(loaded.checkConf({ cuont: 1 }), { kind: 'invalid', message: 'additional properties forbidden, found cuont' })
  t.strictSame(loaded.checkConf('abc'), { kind: 'invalid', message: 'wrong type: expected object, got string' })
  t.strictSame(loaded.checkConf(null), { kind: 'invalid', message: 'wrong type: expected object, got userdata' })
})

t.test('_meta is part of every schema, and closed', async t => {
  const { loaded } = await loadX(t)
  t.strictSame(Object.keys(loaded.schema['properties']._meta.properties), ['disable', 'error_response', 'priority', 'filter', 'pre_function'])
  const all = { disable: false, error_response: { a: 1 }, priority: -1, filter: [['arg_a', '==', '1']] }
  t.equal(loaded.checkConf({ _meta: all }).kind, 'valid')
  t.equal(loaded.checkConf({ _meta: { error_response: 'text' } }).kind, 'valid')
  const wrong = 'property "_meta" validation failed: '
  for (const [meta, message] of [
    [{ disabled: true }, `${wrong}additional properties forbidden, found disabled`],
    [{ priority: '1' }, `${wrong}property "priority" validation failed: wrong type: expected integer, got string`],
    [{ filter: 'arg_a' }, `${wrong}property "filter" validation failed: wrong type: expected array, got string`],
    ['yes', `${wrong}wrong type: expected object, got string`]
  ] as const) t.match(loaded.checkConf({ _meta: meta }), { kind: 'invalid', message })
})

t.test('a pre_function is refused: there is no Lua to run it', async t => {
  const { loaded } = await loadX(t)
  t.match(loaded.checkConf({ _meta: { pre_function: 'return function() end' } }), { kind: 'invalid', message: /"pre_function" is not supported: this gateway runs no Lua/ })
})

t.test('a disabled instance may be wrong: it is kept as it stands, with a warning', async t => {
  const { loaded, recorder } = await loadX(t)
  const conf = { count: 'many', other: 1, _meta: { disable: true } }
  t.strictSame(loaded.checkConf(conf), { kind: 'valid', conf })
  t.strictSame(recorder.messages(40), ['failed to check the configuration of disabled plugin x, accepting it anyway'])
  t.strictSame(loaded.checkConf({ _meta: { disable: true } }), { kind: 'valid', conf: { count: 5, _meta: { disable: true } } })
  t.equal(recorder.lines.length, 1, 'one that is right is not warned about')
})

t.test('disable counts only when it is true', async t => {
  const { loaded } = await loadX(t)
  t.equal(loaded.checkConf({ count: 0, _meta: { disable: false } }).kind, 'invalid')
  t.equal(loaded.checkConf({ count: 0, _meta: { disable: 'true' } }).kind, 'invalid')
})

t.test('the plugin\'s own check comes last, sees the defaults, and its sentence is the complaint', async t => {
  const { loaded } = await loadX(t, { check: 'conf => conf.count === 5 ? \'not five\' : undefined' })
  t.strictSame(loaded.checkConf({}), { kind: 'invalid', message: 'not five' })
  t.equal(loaded.checkConf({ count: 4 }).kind, 'valid')
})

t.test('a check that throws refuses', async t => {
  const { loaded } = await loadX(t, { check: '() => { throw new Error(\'oh\') }' })
  t.strictSame(loaded.checkConf({}), { kind: 'invalid', message: 'the plugin could not check it: oh' })
})
