import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { request as requestHttp } from 'undici'
import { parse } from 'yaml'
import { TestGateway, until } from '../support/gateway.ts'
import { createOcspResponder } from '../support/ocsp-responder.ts'
import { createAuthority, type Issued } from '../support/pki.ts'
import { sClient } from '../support/s-client.ts'
import { groupingsOf, isBalanced, selectorsOf } from './promql.ts'

const operations = join(import.meta.dirname, '..', '..', 'docs', 'operations')
const alertsFiles = ['ocsp.yaml', 'configuration.yaml'].map(name => join(operations, 'alerts', name))

interface Panel { readonly id: number, readonly type: string, readonly title: string, readonly description?: string, readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>, readonly targets?: ReadonlyArray<{ readonly refId: string, readonly expr: string, readonly legendFormat?: string }> }
interface Rule { readonly alert: string, readonly expr: string, readonly for?: string, readonly labels: Record<string, string>, readonly annotations: Record<string, string> }

const dashboard = JSON.parse(await readFile(join(operations, 'grafana', 'ocsp.json'), 'utf8')) as { readonly uid: string, readonly title: string, readonly panels: readonly Panel[], readonly templating: { readonly list: ReadonlyArray<{ readonly name: string, readonly definition?: string }> } }
const alerts = await Promise.all(alertsFiles.map(async file => parse(await readFile(file, 'utf8')) as { readonly groups: ReadonlyArray<{ readonly name: string, readonly rules: readonly Rule[] }> }))
const groups = alerts.flatMap(file => file.groups)
const rules = groups.flatMap(group => group.rules)
const monitoring = await readFile(join(operations, 'monitoring.md'), 'utf8')

t.test('dashboard and alerts name metrics that a running gateway shows, with labels that they have', async t => {
  const metrics = readExposition(await scrapeBusyGateway(t))
  const check = (where: string, expression: string) => {
    t.ok(isBalanced(expression), `${where}: ${expression}`)
    const selectors = selectorsOf(expression)
    t.ok(selectors.length > 0, `${where} names a metric`)
    const known = new Set(['job', 'instance'])
    for (const { metric, labels } of selectors) {
      const own = metrics.get(metric)
      t.ok(own, `${where}: ${metric}`)
      for (const label of own ?? []) known.add(label)
      for (const label of labels) t.ok(['job', 'instance'].includes(label) || own?.has(label), `${where}: ${metric} has the label ${label}`)
    }
    for (const label of groupingsOf(expression)) t.ok(known.has(label), `${where}: grouped by ${label}`)
    return known
  }
  for (const { title, targets = [] } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      const known = check(title, expr)
      for (const label of mentioned(legendFormat ?? '', /\{\{\s*(\w+)\s*\}\}/g)) t.ok(known.has(label), `${title}: legend has ${label}`)
    }
  }
  for (const { alert, expr, annotations } of rules) {
    const known = check(alert, expr)
    for (const label of mentioned(JSON.stringify(annotations), /\$labels\.(\w+)/g)) t.ok(known.has(label), `${alert} speaks of ${label}`)
  }
  for (const { name, definition } of dashboard.templating.list) {
    if (definition !== undefined) t.ok(metrics.has(/label_values\((\w+),/.exec(definition)?.[1] ?? ''), `variable ${name}`)
  }
})

t.test('the dashboard can be imported: ids are there once, panels have room, a title and a description', async t => {
  const { panels, uid, title, templating } = dashboard
  t.ok(uid !== '' && title !== '')
  t.same(templating.list.map(({ name }) => name), ['datasource', 'instance'])
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  for (const panel of panels) {
    t.not(panel.title, '')
    if (panel.type !== 'row') t.ok(panel.description, `${panel.title} has a description`)
    const { x, y, w, h } = panel.gridPos
    t.ok(x >= 0 && x + w <= 24 && h > 0, panel.title)
    const overlapped = panels.find(({ gridPos: other, id }) => id !== panel.id && x < other.x + other.w && other.x < x + w && y < other.y + other.h && other.y < y + h)
    t.equal(overlapped?.title, undefined, `${panel.title} lies on no other panel`)
    const refIds = panel.targets?.map(({ refId }) => refId) ?? []
    t.equal(new Set(refIds).size, refIds.length)
  }
})

t.test('the alert rules are rules as Prometheus reads them', async t => {
  for (const file of alerts) t.same(Object.keys(file), ['groups'])
  t.equal(new Set(groups.map(({ name }) => name)).size, groups.length)
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const group of groups) t.same(Object.keys(group), ['name', 'rules'])
  for (const rule of rules) {
    t.match(rule.alert, /^(Ocsp|Config)[A-Za-z]+$/)
    t.same(Object.keys(rule).filter(key => !['alert', 'expr', 'for', 'labels', 'annotations'].includes(key)), [], rule.alert)
    t.match(rule.for ?? '1m', /^\d+[smh]$/)
    t.ok(['critical', 'warning', 'info'].includes(rule.labels['severity'] ?? ''), `${rule.alert} has a severity`)
    t.same(Object.keys(rule.annotations), ['summary', 'description', 'runbook'])
    for (const text of Object.values(rule.annotations)) t.equal(text.split('{{').length, text.split('}}').length)
  }
})

if (spawnSync('promtool', ['--version']).error === undefined) { // not asked for: it comes with a whole Prometheus
  t.test('promtool takes the alert rules', async t => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', ...alertsFiles], { encoding: 'utf8' })
    t.equal(status, 0, stdout + stderr)
  })

  t.test('each alert comes when it shall, and not before', async t => {
    const rulesFile = join(import.meta.dirname, 'alert-rules.yaml')
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', rulesFile], { encoding: 'utf8' })
    t.equal(status, 0, stdout + stderr)
  })
}

t.test('each alert has a test of its own', async t => {
  const tests = await readFile(join(import.meta.dirname, 'alert-rules.yaml'), 'utf8')
  for (const { alert } of rules) t.match(tests, `alertname: ${alert}\n`)
})

t.test('docs/operations/monitoring.md tells what to do about each alert, where its runbook points', async t => {
  const anchors = Array.from(monitoring.matchAll(/^## (.*)$/gm), ([, heading = '']) => heading.toLowerCase().replace(/[^\w\s-]/g, '').replaceAll(' ', '-'))
  for (const { alert, annotations } of rules) {
    t.match(monitoring, `\`${alert}\``)
    const [page, anchor = ''] = (annotations['runbook'] ?? '').split('#')
    t.equal(page, 'docs/operations/monitoring.md')
    t.ok(anchors.includes(anchor), `${alert}: ${anchor}`)
  }
  for (const [, name = ''] of monitoring.matchAll(/`((?:Ocsp|Config)[A-Z][A-Za-z]+)`/g)) t.ok(rules.some(({ alert }) => alert === name), `there is an alert ${name}`)
  for (const [, name = ''] of dashboard.panels.flatMap(({ description = '' }) => Array.from(description.matchAll(/\b(Ocsp[A-Z][A-Za-z]+)/g)))) t.ok(rules.some(({ alert }) => alert === name), `there is an alert ${name}`)
})

function mentioned (text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, label = '']) => label)
}

// Each metric with the labels of its samples.
function readExposition (text: string): Map<string, Set<string>> {
  const metrics = new Map<string, Set<string>>()
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) metrics.set(name, new Set())
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$/gm)) {
    const known = metrics.get(name) ?? new Set()
    metrics.set(name, known)
    for (const label of mentioned(labels, /(\w+)="/g)) known.add(label)
  }
  return metrics
}

// A gateway that has stapled, was asked by a good and by a revoked client, whose responder then went away: there is a
// sample of everything.
async function scrapeBusyGateway (t: Test): Promise<string> {
  const authority = createAuthority()
  const responder = await createOcspResponder({ authority })
  t.teardown(() => responder.close())
  const issue = (name: string) => authority.issue({ sans: [name], ocspUris: [responder.url] })
  const [server, good, revoked] = [issue('test.com'), issue('good'), issue('revoked')]
  responder.revoke(revoked)
  const gateway = await TestGateway.start(t, { plugins: ['ocsp-stapling', 'prometheus'], workers: 2 })
  await gateway.logged('prometheus export server is listening')
  const port = /"port":(\d+),"uri":"\/apisix\/prometheus\/metrics"/.exec(gateway.output)?.[1]
  const scrape = async () => await (await requestHttp(`http://127.0.0.1:${port}/apisix/prometheus/metrics`)).body.text()
  await gateway.admin('PUT', 'ssls/1', { cert: server.chainPem, key: server.keyPem, sni: 'test.com', client: { ca: authority.certPem }, ocsp_stapling: { enabled: true, ssl_ocsp: 'leaf', ssl_ocsp_responder: responder.url } })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ocsp-stapling': {}, prometheus: {} }, upstream: { nodes: { '127.0.0.1:1': 1 } } })
  await until(async () => (await sClient({ port: gateway.httpsPort, servername: 'test.com' })).staple === 'good')
  await until(async () => await get(gateway, good) === 502)
  await until(async () => await get(gateway, revoked) === 400)
  await until(async () => await get(gateway, good) === 502 && /ocsp_cache_hits_total\{/.test(await scrape())) // the other worker asks too
  await responder.stop()
  for (const name of ['a', 'b', 'c', 'd', 'e']) t.equal(await get(gateway, issue(name)), 400)
  await gateway.logged('responder suspended')
  await until(async () => /apisix_ocsp_client_refused_total\{.*RESPONDER_CONNECT.*\} \d/.test(await scrape()))
  return await scrape()
}

async function get (gateway: TestGateway, { certPem, keyPem }: Issued): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: gateway.httpsPort, servername: 'test.com', rejectUnauthorized: false, cert: certPem, key: keyPem, agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })
}
