import { request } from 'undici'
import t from 'tap'
import { changedProperties, valueAt, withValueAt } from '../../packages/gateway/src/config/property-path.ts'
import { TestGateway, until } from '../support/gateway.ts'

t.test('SIGHUP puts config.yaml in force', async t => {
  const gateway = await TestGateway.start(t, { workers: 1, plugins: ['ip-restriction'] })
  await gateway.admin('PUT', 'routes/1', { uri: '/*', plugins: { 'ip-restriction': { blacklist: ['127.0.0.1'] } } })
  const post = async (body: string) => await request(`http://127.0.0.1:${gateway.httpPort}/`, { method: 'POST', body, headers: { connection: 'close' } })
  await until(async () => (await post('')).statusCode === 403)
  let times = 0
  const hangUp = async (...changes: ReadonlyArray<readonly [string, unknown]>) => {
    for (const [property, value] of changes) await gateway.writeProperty(property, value)
    gateway.signal('SIGHUP')
    times++
    await until(() => gateway.output.split(/"config\.yaml is in force"|could not be put in force/).length === times + 1, () => gateway.output.slice(-2000))
  }

  await t.test('a file that is wrong is refused by property, and what serves goes on', async t => {
    await hangUp(['nginx_config.worker_processes', 'many'])
    await gateway.logged(/config\.yaml:\d+: nginx_config\.worker_processes: failed to validate config: .*"msg":"config\.yaml could not be put in force, what serves goes on"/)
    t.equal((await post('')).statusCode, 403)
    await gateway.writeProperty('nginx_config.worker_processes', 1)
  })

  await t.test('settings of workers, plugins and the Admin API are taken up', async t => {
    await hangUp(['nginx_config.http.client_max_body_size', 5], ['deployment.admin.allow_admin', ['10.0.0.0/8']], ['plugins', []])
    t.equal((await post('')).statusCode, 503, 'the plugin is not loaded, and the route has no upstream')
    t.equal((await post('too long')).statusCode, 413)
    t.equal((await gateway.admin('GET', 'routes')).status, 403)
  })

  await t.test('what takes effect after a restart is named, and stays as it was', async t => {
    await hangUp(['apisix.enable_control', false], ['deployment.admin.admin_listen', { port: 1 }], ['clinch.data_dir', 'elsewhere'])
    t.match(gateway.output, '"properties":["apisix.enable_control","deployment.admin.admin_listen.port","clinch.data_dir"],"msg":"config.yaml was changed where it takes effect after a restart"')
    t.equal((await gateway.control('/v1/workers')).status, 200, 'the control API is still there')
  })

  await t.test('the level of the log is that of the file, for every part of the gateway', async t => {
    const before = (await gateway.control('/v1/workers')).text
    await gateway.writeProperty('clinch.log_level', 'error')
    gateway.signal('SIGHUP') // the line that it was done is below that level
    await until(async () => (await gateway.control('/v1/workers')).text !== before)
    const printed = gateway.output.length
    gateway.signal('SIGUSR1') // which is told at the level info
    await gateway.admin('GET', 'routes', undefined, 'wrong')
    await gateway.writeProperty('clinch.log_level', 'loud')
    gateway.signal('SIGHUP')
    await gateway.logged('clinch.log_level: ')
    t.equal(gateway.output.slice(printed).trim().split('\n').length, 1)
  })
})

t.test('what differs between two configurations is named down to lists and scalars', t => {
  const cases: ReadonlyArray<readonly [string, unknown, unknown, string[]]> = [
    ['nothing', { a: { b: [1] } }, { a: { b: [1] } }, []],
    ['a scalar', { a: { b: 1 } }, { a: { b: 2 } }, ['a.b']],
    ['an item of a list', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }, ['a']],
    ['a property that is new', { a: {} }, { a: { b: { c: 1 } } }, ['a.b']],
    ['a property that is gone', { a: 1, b: 2 }, { a: 1 }, ['b']],
    ['a mapping in place of a list', { a: [] }, { a: {} }, ['a']],
    ['null in place of a mapping', { a: {} }, { a: null }, ['a']]
  ]
  for (const [name, before, after, expected] of cases) t.strictSame(changedProperties(before, after), expected, name)
  t.end()
})

t.test('a property is read and replaced by its path', t => {
  const object = { a: { b: 1, c: [2] } }
  t.equal(valueAt(object, 'a.b'), 1)
  t.equal(valueAt(object, 'a.b.c'), undefined)
  t.strictSame(withValueAt(object, 'a.b', 3), { a: { b: 3, c: [2] } })
  t.strictSame(withValueAt(object, 'a.b', undefined), { a: { c: [2] } })
  t.strictSame(withValueAt(object, 'x.y', undefined), object, 'what is not there cannot be taken out')
  t.strictSame(withValueAt(object, 'x.y', 1), { ...object, x: { y: 1 } })
  t.strictSame(object, { a: { b: 1, c: [2] } }, 'the object itself stays')
  t.end()
})
