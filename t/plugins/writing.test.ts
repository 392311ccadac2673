import t from 'tap'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findBuiltInPlugin, type Plugin } from '@clinch/plugins'
import { fakeRequest, fakeResponse, tryPlugin } from '@clinch/plugins/testing'
import maintenance from '../../docs/plugins/examples/maintenance.ts'
import { builtInPlugins } from '../../packages/plugins/src/loader/built-in.ts'

const docs = resolve(import.meta.dirname, '../../docs/plugins')
const contract = resolve(import.meta.dirname, '../../packages/plugins/src/contract')
const endMs = Date.parse('2026-07-01T06:00:00Z')

const tryExample = async (attr?: unknown, nowMs = 0) => await tryPlugin(maintenance, { attr, now: () => nowMs })

t.test('the page on writing plugins shows the example as it is', async t => {
  const page = await readFile(resolve(docs, 'writing.md'), 'utf8')
  const example = await readFile(resolve(docs, 'examples/maintenance.ts'), 'utf8')
  t.ok(page.includes('```ts\n' + example + '```\n'))
})

t.test('the page names every member of the contract', async t => {
  const page = await readFile(resolve(docs, 'writing.md'), 'utf8')
  for (const [file, name] of [['plugin', 'Plugin'], ['phases', 'PluginPhases'], ['phases', 'RequestOutcome'], ['request-context', 'RequestContext'], ['host', 'PluginHost'], ['host', 'CreateHost'], ['host', 'PrimaryHost']] as const) {
    const members = membersOf(await readFile(resolve(contract, `${file}.ts`), 'utf8'), name)
    t.ok(members.length > 0)
    for (const member of members) t.match(page, new RegExp('[`.(]' + member + '\\b'), `${name}.${member}`)
  }
})

t.test('the page lists every built-in plugin, in the order of their priorities', async t => {
  const page = await readFile(resolve(docs, 'writing.md'), 'utf8')
  const plugins = await Promise.all(Object.keys(builtInPlugins).map(async name => (await findBuiltInPlugin(name)) as Plugin))
  const listed = Array.from(page.split('## Priorities')[1]?.matchAll(/([a-z-]+) (-?\d+)/g) ?? [], ([entry]) => entry)
  t.strictSame(listed, plugins.sort((a, b) => b.priority - a.priority).map(({ name, priority }) => `${name} ${priority}`))
})

t.test('the example answers in place of the upstream until the work is over', async t => {
  const conf = { message: 'back at six', until: '2026-07-01T06:00:00Z' }
  const during = (await tryExample({}, endMs - 1)).create(conf)
  t.strictSame(await during.access?.(fakeRequest()), {
    kind: 'respond', response: { status: 503, headers: { 'Retry-After': 'Wed, 01 Jul 2026 06:00:00 GMT' }, body: { message: 'back at six' } }
  })
  const response = fakeResponse()
  during.headerFilter?.(fakeRequest(), response)
  t.strictSame(response.headers.raw, ['X-Maintenance', 'on'])
  t.strictSame(await (await tryExample({}, endMs)).create(conf).access?.(fakeRequest()), { kind: 'continue' })
})

t.test('the example lets the pass through, whatever it is called', async t => {
  const { access } = (await tryExample({ pass_header: 'X-Crew' })).create({ message: 'closed' })
  t.strictSame(await access?.(fakeRequest({ fields: ['x-crew', ''] })), { kind: 'continue' })
  t.match(await access?.(fakeRequest()), { response: { status: 503, headers: {} } })
})

t.test('the example refuses a configuration that makes no sense', async t => {
  const { complaintAbout } = await tryExample()
  t.equal(complaintAbout({ message: 'm' }), undefined)
  t.equal(complaintAbout({}), 'property "message" is required')
  t.equal(complaintAbout({ message: 'm', until: 'soon' }), 'until is no time: soon')
})

t.test('every built-in plugin has a page', async t => {
  for (const name of ['request-id', 'ip-restriction', 'basic-auth', 'jwt-auth', 'key-auth', 'consumer-restriction', 'proxy-rewrite', 'limit-conn', 'limit-count', 'limit-req', 'prometheus', 'ocsp-stapling']) {
    t.match(await readFile(resolve(docs, `${name}.md`), 'utf8'), new RegExp(`^# ${name}\n[^]*## Example\n[^]*## What differs from APISIX\n`))
  }
})

/** The names of the members of an interface, by its source. */
function membersOf (source: string, name: string): string[] {
  const [, body = ''] = new RegExp(`^export interface ${name}\\b.*\\{\\n([^]*?)^\\}$`, 'm').exec(source) ?? []
  return Array.from(body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?::| \()/gm), ([, member = '']) => member)
}
