import t from 'tap'
import { makePluginFolder, pluginSource } from './plugin-folder.ts'

const versionOf = async (folder: ReturnType<typeof makePluginFolder>) => (await folder.load(['./x.ts'])).get('x')?.plugin.version

t.test('a plugin file that changed is loaded anew', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.ts', pluginSource('x', { version: '1' }))
  t.equal(await versionOf(folder), 1)
  folder.write('x.ts', pluginSource('x', { version: '2' }))
  t.equal(await versionOf(folder), 2)
})

t.test('one that did not change is the same plugin again', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.ts', pluginSource('x'))
  const [first, second] = [await folder.load(['./x.ts']), await folder.load(['./x.ts'])]
  t.equal(first.get('x')?.plugin, second.get('x')?.plugin)
})

t.test('a package that changed is loaded anew', async t => {
  const folder = makePluginFolder(t)
  folder.write('node_modules/p/package.json', '{"type":"module"}')
  for (const version of ['1', '2']) {
    folder.write('node_modules/p/index.js', pluginSource('p', { version }))
    t.equal((await folder.load(['p'])).get('p')?.plugin.version, Number(version))
  }
})

t.test('a file that was broken is loaded once it is mended, and the old catalog stays as it was', async t => {
  const folder = makePluginFolder(t)
  folder.write('x.ts', pluginSource('x', { version: '1' }))
  const before = await folder.load(['./x.ts'])
  folder.write('x.ts', 'export default {')
  t.equal(await versionOf(folder), undefined)
  t.equal(before.get('x')?.plugin.version, 1)
  folder.write('x.ts', pluginSource('x', { version: '3' }))
  t.equal(await versionOf(folder), 3)
})
