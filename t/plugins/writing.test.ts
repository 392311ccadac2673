import t from 'tap'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createShare, loadPlugins, startPlugins } from '@clinch/plugins'
import { Registry } from 'prom-client'
import { recordLog } from '../support/log-recorder.ts'
import { noMachine } from '../support/machine-link.ts'
import { fakeRequest, fakeResponse } from '../support/request-context.ts'

const docs = resolve(import.meta.dirname, '../../docs/plugins')
const endMs = Date.parse('2026-07-01T06:00:00Z')

async function loadExample (attrs = {}) {
  const { log } = recordLog()
  const catalog = await loadPlugins(['./examples/maintenance.ts'], { baseDir: docs, attrs, log })
  const loaded = catalog.get('maintenance')
  if (loaded === undefined) throw new Error(catalog.failures[0]?.reason)
  const phasesOf = async (conf: unknown, nowMs: number) => {
    const started = await startPlugins(catalog, { log, now: () => nowMs, metadataOf: () => undefined, tlsPorts: [], metrics: new Registry(), metricPrefix: '', ocsp: { checkClient: () => { throw new Error('unasked') }, findIssuer: () => undefined, rememberIssuers: () => {} }, machineOf: () => noMachine, share: createShare(), openLogFile: () => { throw new Error('unasked') } })
    return loaded.plugin.create(conf, { ...started.hostOf('maintenance'), compileUpstream: () => { throw new Error('unasked') } }, { ownerKey: 'routes/1' })
  }
  return { loaded, phasesOf }
}

t.test('the page on writing plugins shows the example as it is', async t => {
  const page = readFileSync(resolve(docs, 'writing.md'), 'utf8')
  const example = readFileSync(resolve(docs, 'examples/maintenance.ts'), 'utf8')
  t.ok(page.includes('```ts\n' + example + '```\n'))
})

t.test('the example answers in place of the upstream until the work is over', async t => {
  const { phasesOf } = await loadExample()
  const conf = { message: 'back at six', until: '2026-07-01T06:00:00Z' }
  const during = await phasesOf(conf, endMs - 1)
  t.strictSame(await during.access?.(fakeRequest()), {
    kind: 'respond', response: { status: 503, headers: { 'Retry-After': 'Wed, 01 Jul 2026 06:00:00 GMT' }, body: { message: 'back at six' } }
  })
  const response = fakeResponse()
  during.headerFilter?.(fakeRequest(), response)
  t.strictSame(response.headers.raw, ['X-Maintenance', 'on'])
  t.strictSame(await (await phasesOf(conf, endMs)).access?.(fakeRequest()), { kind: 'continue' })
})

t.test('the example lets the pass through, whatever it is called', async t => {
  const { phasesOf } = await loadExample({ maintenance: { pass_header: 'X-Crew' } })
  const { access } = await phasesOf({ message: 'closed' }, endMs)
  t.strictSame(await access?.(fakeRequest({ fields: ['x-crew', ''] })), { kind: 'continue' })
  t.match(await access?.(fakeRequest()), { response: { status: 503, headers: {} } })
})

t.test('the example refuses a configuration that makes no sense', async t => {
  const { loaded } = await loadExample()
  t.strictSame(loaded.checkConf({}), { kind: 'invalid', message: 'property "message" is required' })
  t.strictSame(loaded.checkConf({ message: 'm', until: 'soon' }), { kind: 'invalid', message: 'until is no time: soon' })
})

t.test('every built-in plugin has a page', async t => {
  for (const name of ['request-id', 'ip-restriction', 'basic-auth', 'jwt-auth', 'key-auth', 'consumer-restriction', 'proxy-rewrite', 'limit-conn', 'limit-count', 'limit-req', 'prometheus', 'ocsp-stapling']) {
    t.match(readFileSync(resolve(docs, `${name}.md`), 'utf8'), new RegExp(`^# ${name}\n[^]*## Example\n[^]*## What differs from APISIX\n`))
  }
})
