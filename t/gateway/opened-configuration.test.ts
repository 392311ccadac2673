import type { ConfigChange, ConfigObject } from '@clinch/data-plane'
import { loadPlugins } from '@clinch/plugins'
import { createKeyring } from '@clinch/store'
import t, { type Test } from 'tap'
import { createEnvironmentVariables } from '../../packages/gateway/src/secrets/environment-variables.ts'
import { OpenedConfiguration, type OpenedChange } from '../../packages/gateway/src/secrets/opened-configuration.ts'
import { SecretBook } from '../../packages/gateway/src/secrets/secret-book.ts'
import type { Fetched } from '../../packages/gateway/src/secrets/secret-document.ts'
import { makePluginFolder, pluginSource } from '../plugins/plugin-folder.ts'
import { until } from '../support/gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const keyring = createKeyring(['qeddd145sfvddff3', 'edd1c9f0985e76a2'])
const pem = '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n'

interface World {
  readonly configuration: OpenedConfiguration
  readonly book: SecretBook
  readonly told: OpenedChange[]
  readonly lines: ReturnType<typeof recordLog>['lines']
  /** Documents that were asked for, in order. */
  readonly asked: string[]
  /** What the manager has from now on, by document key; a document that it does not name is not answered. */
  readonly held: Record<string, Fetched>
  put (key: string, value: unknown): void
  remove (key: string): void
  valueOf (key: string): Record<string, unknown> | undefined
  /** Asks again, as when a TTL ends. */
  again (): Promise<void>
}

async function createWorld (t: Test, { variables = {}, ttlMs = 1e6 }: { readonly variables?: Record<string, string>, readonly ttlMs?: number } = {}): Promise<World> {
  const folder = makePluginFolder(t)
  folder.write('auth.js', pluginSource('auth', { type: '"auth"', encryptFields: '["key"]', consumerSchema: '{ type: "object" }' }))
  folder.write('plain.js', pluginSource('plain', { encryptFields: '["secret"]' }))
  const catalog = await loadPlugins(['./auth.js', './plain.js'], { baseDir: folder.path, attrs: {}, log: folder.recorder.log })
  const { log, lines } = recordLog()
  const held: Record<string, Fetched> = {}
  const asked: string[] = []
  const waiting: Array<() => void> = []
  const answerTo = async (key: string): Promise<Fetched> => {
    for (;;) {
      const answer = held[key]
      if (answer !== undefined) return answer
      await new Promise<void>(resolve => waiting.push(resolve))
    }
  }
  const environment = createEnvironmentVariables(undefined, variables)
  const told: OpenedChange[] = []
  let revision = 0
  const book = new SecretBook({
    managers: {
      ask: async ({ managerId, path }, stored) => {
        asked.push(`${managerId}/${path}`)
        return stored === undefined ? { kind: 'missing', reason: 'no manager' } : await answerTo(`${managerId}/${path}`)
      }
    },
    environment,
    ttlMs,
    retryMs: ttlMs,
    log,
    now: Date.now,
    random: () => 0,
    onChange: key => configuration.documentChanged(key)
  })
  const configuration = new OpenedConfiguration({ book, makings: () => ({ catalog, keyring, fieldKeyring: keyring }), log, onChange: change => told.push(change) })
  t.teardown(async () => {
    for (const key of asked) held[key] ??= { kind: 'missing', reason: 'the test is over' }
    for (const go of waiting.splice(0)) go()
    await book.close()
  })
  const put = (key: string, value: unknown) => configuration.take([{ kind: 'put', object: objectOf(key, value, ++revision) }])
  const heldProxy = new Proxy(held, {
    set (target, key, value) {
      Reflect.set(target, key, value)
      for (const go of waiting.splice(0)) go()
      return true
    }
  })
  return {
    configuration,
    book,
    told,
    lines,
    asked,
    held: heldProxy,
    put,
    remove: key => configuration.take([{ kind: 'delete', key }]),
    valueOf: key => parsed(configuration.objects.find(object => object.key === key)),
    async again () {
      const count = asked.length
      put('secrets/vault/1', { revision }) // which asks for all that it gives
      await until(() => asked.length > count)
      await book.answered(1000)
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}

function objectOf (key: string, value: unknown, modRevision = 1): ConfigObject {
  return { key, value: typeof value === 'string' ? value : JSON.stringify(value), createRevision: modRevision, modRevision }
}

function parsed (object: ConfigObject | undefined): Record<string, unknown> | undefined {
  return object === undefined ? undefined : JSON.parse(object.value) as Record<string, unknown>
}

const kindsOf = (changes: readonly ConfigChange[]) => changes.map(change => `${change.kind} ${change.kind === 'put' ? change.object.key : change.key}`)
const documentOf = (document: Record<string, string>): Fetched => ({ kind: 'document', document })
const routeWith = (token: string) => ({ uri: '/', plugins: { plain: { token } } })

t.test('what holds no secret is told as it is, and secrets objects are not told at all', async t => {
  const world = await createWorld(t)
  const object = objectOf('routes/1', { uri: '/$x', desc: '$env://HOME', vars: [['$env://HOME', '==', 'x']] })
  world.configuration.take([{ kind: 'put', object }])
  world.put('secrets/vault/1', { token: 'canary' })
  t.equal(world.configuration.objects[0], object)
  t.equal(world.configuration.objects.length, 1)
  world.remove('secrets/vault/1')
  world.remove('routes/1')
  t.strictSame(world.told.map(({ changes }) => kindsOf(changes)), [['put routes/1'], ['delete routes/1']])
  t.strictSame(world.told.map(({ after, sequence }) => [after, sequence]), [[0, 1], [1, 2]])
})

t.test('plugin fields are decrypted; what no entry opens is used as it is and named without its text', async t => {
  const world = await createWorld(t)
  world.put('routes/1', { plugins: { plain: { secret: keyring.encrypt('canary') }, other: { secret: keyring.encrypt('x') } } })
  t.match(world.valueOf('routes/1'), { plugins: { plain: { secret: 'canary' }, other: { secret: keyring.encrypt('x') } } })
  t.strictSame(world.configuration.objects[0]?.secrets, ['canary'])
  world.put('consumers/jack', { username: 'jack', plugins: { auth: { key: 'plain-canary' } } })
  t.match(world.valueOf('consumers/jack'), { plugins: { auth: { key: 'plain-canary' } } })
  t.match(world.lines, [{ level: 30, object: 'consumers/jack', plugin: 'auth', path: 'key' }])
  t.notMatch(JSON.stringify(world.lines), /canary/)
})

t.test('environment variables are there at once, wherever plugins, ssls and client certificates of upstreams name them', async t => {
  const world = await createWorld(t, { variables: { A: 'canary', CERT: 'cert', KEY: pem, J: '{"m":"member"}' } })
  world.put('routes/1', { uri: '/', name: '$env://A', plugins: { plain: { deep: [{ token: '$ENV://A' }], m: '$env://J/m', secret: keyring.encrypt('$env://A') } }, upstream: { tls: { client_cert: '$env://CERT', client_key: '$env://KEY' } } })
  t.strictSame(world.valueOf('routes/1'), { uri: '/', name: '$env://A', plugins: { plain: { deep: [{ token: 'canary' }], m: 'member', secret: 'canary' } }, upstream: { tls: { client_cert: 'cert', client_key: pem } } })
  world.put('ssls/1', { cert: '$env://CERT', key: '$env://KEY', certs: ['$env://CERT'], keys: ['$env://KEY'], client: { ca: '$env://CERT' }, sni: 'a' })
  const sealed = keyring.encrypt(pem)
  t.strictSame(world.valueOf('ssls/1'), { cert: 'cert', key: sealed, certs: ['cert'], keys: [sealed], client: { ca: 'cert' }, sni: 'a' }, 'keys stay encrypted until they are used')
  world.put('upstreams/1', { nodes: {}, tls: { client_cert: '$env://CERT', client_key: 'x' } })
  t.match(world.valueOf('upstreams/1'), { tls: { client_cert: 'cert', client_key: 'x' } })
  world.put('plugin_metadata/plain', { id: 'plain', a: { b: '$env://A' } })
  t.match(world.valueOf('plugin_metadata/plain'), { a: { b: 'canary' } })
  world.put('routes/2', '{"plugins":{"plain":{"token":"\\u0024env:\\/\\/A"}}}')
  t.match(world.valueOf('routes/2'), { plugins: { plain: { token: 'canary' } } }, 'however JSON spells it')
})

t.test('an object waits for the first answer of its manager, and nothing else does', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.put('routes/1', routeWith('before'))
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  world.put('routes/2', routeWith('other'))
  t.match(world.valueOf('routes/1'), { plugins: { plain: { token: 'before' } } }, 'what it was goes on serving')
  t.strictSame(world.told.map(({ changes }) => kindsOf(changes)), [['put routes/1'], ['put routes/2']])
  t.strictSame(world.configuration.problems, [])
  world.held['vault/1/a'] = documentOf({ token: 'canary' })
  await world.book.answered(1000)
  await until(() => world.told.length === 3)
  t.match(world.valueOf('routes/1'), { plugins: { plain: { token: 'canary' } } })
  t.strictSame(world.configuration.objects.map(({ key }) => key), ['routes/1', 'routes/2'])
  t.notMatch(JSON.stringify(world.lines), /canary/)
})

t.test('the start waits for managers only so long', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.put('routes/1', routeWith('$secret://vault/1/slow/token'))
  await world.book.answered(20)
  t.equal(world.valueOf('routes/1'), undefined)
})

t.test('what is replaced or removed while it waits is not told any more', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  world.put('routes/2', routeWith('$secret://vault/1/a/token'))
  await until(() => world.asked.length === 1)
  world.put('routes/1', routeWith('now'))
  world.remove('routes/2')
  world.held['vault/1/a'] = documentOf({ token: 'late' })
  await new Promise(resolve => setTimeout(resolve, 20))
  t.match(world.valueOf('routes/1'), { plugins: { plain: { token: 'now' } } })
  t.equal(world.configuration.objects.length, 1)
})

t.test('what is named again while the answer to an earlier question is awaited gets an answer of its own', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await until(() => world.asked.length === 1)
  world.remove('routes/1')
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await new Promise(resolve => setImmediate(resolve))
  world.held['vault/1/a'] = documentOf({ token: 'x' })
  await until(() => world.valueOf('routes/1') !== undefined)
  t.equal(world.asked.length, 2)
})

t.test('a manager that changes while it is asked is asked again', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await until(() => world.asked.length === 1)
  world.put('secrets/vault/1', { token: 'another' })
  await new Promise(resolve => setImmediate(resolve))
  world.held['vault/1/a'] = documentOf({ token: 'x' })
  await until(() => world.valueOf('routes/1') !== undefined)
  t.equal(world.asked.length, 2)
})

t.test('one document is asked for once, however many name members of it, and all see one version', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.held['vault/1/tls'] = documentOf({ cert: 'cert-1', key: pem })
  for (const id of [1, 2, 3]) world.put(`ssls/${id}`, { cert: '$secret://vault/1/tls/cert', key: '$secret://vault/1/tls/key', sni: 'a' })
  await world.book.answered(1000)
  t.strictSame(world.asked, ['vault/1/tls'])
  world.held['vault/1/tls'] = documentOf({ cert: 'cert-2', key: pem.replace('canary', 'other') })
  const before = world.told.length
  await world.again()
  t.equal(world.told.length, before + 1)
  t.match(world.valueOf('ssls/2'), { cert: 'cert-2', key: keyring.encrypt(pem.replace('canary', 'other')) })
  await world.again()
  t.equal(world.told.length, before + 1, 'what is the same is not told')
})

t.test('an unresolved reference stands as it is written in plugins, and is named once', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.held['vault/1/a'] = documentOf({ other: 'canary' })
  const written = { uri: '/', plugins: { plain: { env: '$env://NONE', member: '$secret://vault/1/a/token', wrong: '$secret://vault' } } }
  world.put('routes/1', written)
  await until(() => world.valueOf('routes/1') !== undefined)
  t.strictSame(world.valueOf('routes/1'), written)
  await world.again()
  t.match(world.lines.map(({ level, object, reference, reason }) => ({ level, object, reference, reason })), [
    { level: 50, object: 'routes/1', reference: '$env://NONE', reason: 'there is no such environment variable' },
    { level: 50, object: 'routes/1', reference: '$secret://vault/1/a/token', reason: 'it has no such member' },
    { level: 50, object: 'routes/1', reference: '$secret://vault', reason: 'it does not name a manager and its id' }
  ])
  t.equal(world.lines.length, 3)
  t.match(world.configuration.problems[1], { key: 'routes/1', reason: '$secret://vault/1/a/token is not resolved: it has no such member' })
  world.put('routes/1', routeWith('x'))
  t.strictSame(world.configuration.problems, [])
})

t.test('a consumer is left out while a reference that it would be known by is unresolved', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.held['vault/1/jack'] = { kind: 'missing', reason: 'nothing there' }
  const jack = { username: 'jack', plugins: { auth: { key: '$secret://vault/1/jack/key' } } }
  world.put('consumers/jack', jack)
  world.put('consumers/jack/credentials/c', { id: 'c', plugins: { auth: { key: '$env://NONE' } } })
  world.put('consumers/tom', { username: 'tom', plugins: { plain: { token: '$env://NONE' } } })
  await world.book.answered(1000)
  t.strictSame(world.configuration.objects.map(({ key }) => key), ['consumers/tom'])

  world.held['vault/1/jack'] = documentOf({ key: 'canary' })
  await world.again()
  t.match(world.valueOf('consumers/jack'), { plugins: { auth: { key: 'canary' } } })
  world.held['vault/1/jack'] = { kind: 'unavailable', reason: 'down' }
  await world.again()
  t.match(world.valueOf('consumers/jack'), { plugins: { auth: { key: 'canary' } } }, 'vault is down')
  world.held['vault/1/jack'] = { kind: 'missing', reason: 'nothing there' }
  await world.again()
  t.equal(world.valueOf('consumers/jack'), undefined, 'vault says that the credential is gone')
  t.strictSame(kindsOf(world.told.at(-1)?.changes ?? []), ['delete consumers/jack'])
})

t.test('an ssl stays what it was while its key is away, whatever the reason', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  const ssl = { cert: 'cert', key: '$secret://vault/1/tls/key', sni: 'a' }
  world.held['vault/1/tls'] = documentOf({ key: pem })
  world.put('ssls/1', ssl)
  await until(() => world.valueOf('ssls/1') !== undefined)
  const told = world.told.length
  for (const away of [{ kind: 'unavailable', reason: 'down' }, { kind: 'missing', reason: 'nothing there' }] as const) {
    world.held['vault/1/tls'] = away
    await world.again()
    t.match(world.valueOf('ssls/1'), { key: keyring.encrypt(pem) })
  }
  t.equal(world.told.length, told)
  world.put('ssls/1', { ...ssl, cert: 'another' })
  t.match(world.valueOf('ssls/1'), { cert: 'cert', key: keyring.encrypt(pem) }, 'nor is half of it replaced')
  t.match(world.configuration.problems, [{ key: 'ssls/1', reason: '$secret://vault/1/tls/key is not resolved: nothing there' }])
  world.put('ssls/2', ssl)
  t.equal(world.valueOf('ssls/2'), undefined)
})

t.test('a manager that is away is told of once, and when it is back', async t => {
  const world = await createWorld(t)
  world.put('secrets/vault/1', {})
  world.held['vault/1/a'] = documentOf({ token: 'x' })
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await world.book.answered(1000)
  for (const fetched of [{ kind: 'unavailable', reason: 'down' }, { kind: 'unavailable', reason: 'down' }, documentOf({ token: 'x' })] as const) {
    world.held['vault/1/a'] = fetched
    await world.again()
  }
  t.match(world.lines, [
    { level: 40, manager: 'vault/1', path: 'a', reason: 'down', msg: 'secret not refreshed: what is known goes on being used' },
    { level: 30, manager: 'vault/1', path: 'a', msg: 'secret refreshed again' }
  ])
  t.equal(world.lines.length, 2)
})

t.test('secrets are asked for again when their time is over, and not when nobody names them', async t => {
  const world = await createWorld(t, { ttlMs: 20 })
  world.put('secrets/vault/1', {})
  world.held['vault/1/a'] = documentOf({ token: 'one' })
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await until(() => world.asked.length >= 3)
  world.held['vault/1/a'] = documentOf({ token: 'two' })
  await until(() => JSON.stringify(world.valueOf('routes/1')).includes('two'))
  world.put('routes/1', routeWith('none'))
  const count = world.asked.length
  await new Promise(resolve => setTimeout(resolve, 80))
  t.ok(world.asked.length <= count + 1, 'one may have been under way')
})

t.test('a manager that comes later, changes or goes decides anew', async t => {
  const world = await createWorld(t)
  world.held['vault/1/a'] = documentOf({ token: 'x' })
  world.put('routes/1', routeWith('$secret://vault/1/a/token'))
  await until(() => world.configuration.problems.length === 1)
  t.match(world.configuration.problems, [{ reason: /no manager/ }])
  world.put('secrets/vault/1', {})
  await until(() => world.configuration.problems.length === 0)
  t.match(world.valueOf('routes/1'), { plugins: { plain: { token: 'x' } } })
  world.remove('secrets/vault/1')
  await until(() => world.configuration.problems.length === 1)
  t.match(world.valueOf('routes/1'), { plugins: { plain: { token: '$secret://vault/1/a/token' } } })
})

t.test('when plugins come and go their fields are opened anew', async t => {
  const folder = makePluginFolder(t)
  const { log } = recordLog()
  folder.write('plain.js', pluginSource('plain', { encryptFields: '["secret"]' }))
  let catalog = await folder.load([])
  const told: OpenedChange[] = []
  const environment = createEnvironmentVariables([], {})
  const book = new SecretBook({ managers: { ask: async () => ({ kind: 'missing', reason: '' }) }, environment, ttlMs: 1, retryMs: 1, log, now: Date.now, random: () => 0, onChange: () => {} })
  const configuration = new OpenedConfiguration({ book, makings: () => ({ catalog, keyring, fieldKeyring: keyring }), log, onChange: change => told.push(change) })
  const stored = { plugins: { plain: { secret: keyring.encrypt('x') } } }
  configuration.take([{ kind: 'put', object: objectOf('routes/1', stored) }, { kind: 'put', object: objectOf('routes/2', { uri: '/' }) }])
  t.strictSame(parsed(configuration.objects[0]), stored)
  catalog = await folder.load(['./plain.js'])
  configuration.pluginsChanged()
  t.strictSame(parsed(configuration.objects[0]), { plugins: { plain: { secret: 'x' } } })
  t.strictSame(kindsOf(told[1]?.changes ?? []), ['put routes/1'])
  t.equal(told.length, 2)
})
