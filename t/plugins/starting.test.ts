import t from 'tap'
import { createShare, startPlugins, startPrimaryPlugins, type PluginCatalog } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { noMachine } from '../support/machine-link.ts'
import { makePluginFolder, pluginSource } from './plugin-folder.ts'

/** What the plugins of a test did, in order; they reach it through their host's clock. */
function surroundings (folder: ReturnType<typeof makePluginFolder>, story: string[] = []) {
  return {
    log: folder.recorder.log,
    now: Object.assign(() => 42, { story }),
    metadataOf: () => undefined,
    tlsPorts: [],
    metricPrefix: '',
    ocsp: { checkClient: () => { throw new Error('nobody should ask') }, findIssuer: () => undefined, rememberIssuers: () => {} },
    metrics: new Registry(),
    machineOf: () => noMachine,
    share: createShare(),
    openLogFile: () => { throw new Error('unasked') }
  }
}

const storyteller = (name: string, priority: number) => pluginSource(name, {
  priority: String(priority),
  init: `async host => { host.now.story.push('init ${name}'); return async () => { host.now.story.push('dispose ${name}') } }`
})

async function load (folder: ReturnType<typeof makePluginFolder>, sources: Readonly<Record<string, string>>, attrs = {}): Promise<PluginCatalog> {
  for (const [file, source] of Object.entries(sources)) folder.write(file, source)
  return await folder.load(Object.keys(sources).map(file => `./${file}`), attrs)
}

t.test('plugins start highest priority first and stop in reverse, once', async t => {
  const folder = makePluginFolder(t)
  const catalog = await load(folder, { 'a.mjs': storyteller('a', 1), 'b.mjs': storyteller('b', 2), 'c.mjs': pluginSource('c') })
  const story: string[] = []
  const started = await startPlugins(catalog, surroundings(folder, story))
  t.strictSame(story, ['init b', 'init a'])
  await Promise.all([started.close(), started.close()])
  await started.close()
  t.strictSame(story, ['init b', 'init a', 'dispose a', 'dispose b'])
})

t.test('each plugin has a host of its own: its attr, a logger that names it, and what all share', async t => {
  const folder = makePluginFolder(t)
  const shared = surroundings(folder)
  const started = await startPlugins(await load(folder, { 'a.mjs': pluginSource('a') }, { a: { x: 1 } }), shared)
  const host = started.hostOf('a')
  t.match(host, { now: shared.now, ocsp: shared.ocsp, attr: { x: 1 } })
  t.equal(host.metrics, shared.metrics)
  host.log.info('hello')
  t.match(folder.recorder.lines, [{ plugin: 'a', msg: 'hello' }])
  await started.close()
})

t.test('a plugin that does not start is logged, has no host, and is no hindrance to the others', async t => {
  const folder = makePluginFolder(t)
  const catalog = await load(folder, {
    'a.mjs': pluginSource('a', { priority: '9', init: '() => { throw new Error(\'no\') }' }),
    'b.mjs': pluginSource('b', { init: 'async () => { throw new Error(\'later no\') }' }),
    'c.mjs': storyteller('c', 0)
  })
  const story: string[] = []
  const started = await startPlugins(catalog, surroundings(folder, story))
  t.strictSame(started.failures, [{ name: 'a', reason: 'no' }, { name: 'b', reason: 'later no' }])
  t.strictSame(folder.recorder.messages(50), ['failed to start plugin [a]', 'failed to start plugin [b]'])
  t.throws(() => started.hostOf('a'), { code: 'PLUGIN_ERR_NOT_STARTED' })
  t.throws(() => started.hostOf('unheard-of'), { code: 'PLUGIN_ERR_NOT_STARTED' })
  t.ok(started.hostOf('c'))
  await started.close()
  t.strictSame(story, ['init c', 'dispose c'])
})

t.test('a disposer that fails is logged, and the others run', async t => {
  const folder = makePluginFolder(t)
  const story: string[] = []
  const catalog = await load(folder, {
    'a.mjs': storyteller('a', 9),
    'b.mjs': pluginSource('b', { init: '() => () => { throw new Error(\'stuck\') }' })
  })
  await (await startPlugins(catalog, surroundings(folder, story))).close()
  t.strictSame(story, ['init a', 'dispose a'])
  t.match(folder.recorder.lines, [{ msg: 'failed to stop plugin [b]', err: { message: 'stuck' } }])
})

t.test('in the primary initPrimary runs, and init does not', async t => {
  const folder = makePluginFolder(t)
  const catalog = await load(folder, {
    'a.mjs': pluginSource('a', {
      init: '() => { throw new Error(\'in a worker only\') }',
      initPrimary: 'async host => { host.log.info(await host.collectMetrics()); return () => { host.log.info(\'disposed\') } }'
    })
  })
  const started = await startPrimaryPlugins(catalog, { log: folder.recorder.log, collectMetrics: async () => 'metrics' })
  t.strictSame(Object.keys(started.hostOf('a')).sort(), ['attr', 'collectMetrics', 'log'])
  await started.close()
  t.strictSame(folder.recorder.messages(30), ['metrics', 'disposed'])
})
