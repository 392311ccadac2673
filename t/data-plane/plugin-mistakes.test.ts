import { setImmediate } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import type { Plugin, PluginPhases } from '@clinch/plugins'
import { startUpstream } from '../support/upstream.ts'
import { ask } from './http-client.ts'
import { startHttpGateway } from './http-gateway.ts'

// What JavaScript lets through, and TypeScript some of it.
type Created = Readonly<Record<string, unknown>> | undefined | Promise<unknown>

function pluginThatReturns (created: Created): Plugin {
  return { name: 'p', version: 1, priority: 1, schema: Type.Object({}), create: () => created as unknown as PluginPhases }
}

async function serve (t: Test, created: Created) {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const gateway = await startHttpGateway({ plugins: [pluginThatReturns(created)], routes: [{ id: 'r', uri: '/*', plugins: { p: {} }, upstream: { nodes: { [upstream.node]: 1 } } as never }] }) // the schema checks it
  t.teardown(() => gateway.close())
  return gateway
}

const answers = (response: unknown) => ({ access: () => ({ kind: 'respond', response }) })

t.test('what a phase may not return is a 500, and the log says what, of which plugin, in which phase', async t => {
  const noResult = 'it returned neither CONTINUE nor { kind: \'respond\', response }'
  const noStatus = 'the status of its response is no whole number from 200 to 999'
  const cases: ReadonlyArray<readonly [name: string, phase: string, phases: Created, fault: string]> = [
    ['nothing', 'access', { access: () => undefined }, noResult],
    ['nothing, later', 'rewrite', { rewrite: async () => {} }, noResult],
    ['null', 'admit', { admit: () => null }, noResult],
    ['true', 'beforeProxy', { beforeProxy: () => true }, noResult],
    ['an unknown kind', 'access', { access: () => ({ kind: 'respnod' }) }, noResult],
    ['no response', 'access', { access: () => ({ kind: 'respond' }) }, 'its answer has no response'],
    ['no status', 'access', answers({ body: 'x' }), noStatus],
    ['a status in words', 'access', answers({ status: '200' }), noStatus],
    ['a status that does not end a request', 'access', answers({ status: 100 }), noStatus],
    ['a status of four digits', 'access', answers({ status: 1000 }), noStatus],
    ['a field that is a number', 'access', answers({ status: 200, headers: { Age: 7 } }), 'the field Age of its response is neither a text nor a list of texts'],
    ['a field with a hole', 'access', answers({ status: 200, headers: { Vary: ['a', undefined] } }), 'the field Vary of its response is neither a text nor a list of texts'],
    ['a promise where nobody waits', 'headerFilter', { headerFilter: async () => {} }, 'it returned a promise: the head is sent when it returns']
  ]
  for (const [name, phase, phases, fault] of cases) {
    await t.test(name, async t => {
      const gateway = await serve(t, phases)
      t.equal((await ask(gateway.port)).status, 500)
      t.match(gateway.lines.filter(({ level }) => level === 50), [{ msg: 'plugin phase failed', plugin: 'p', phase, err: { message: fault } }])
    })
  }
})

t.test('a body filter that returns no Buffer breaks the answer off', async t => {
  for (const bodyFilter of [() => undefined, () => 'text', async () => { throw new Error('later') }]) {
    const gateway = await serve(t, { bodyFilter })
    await t.rejects(ask(gateway.port))
    t.match(gateway.lines.filter(({ err }) => (err as Error | undefined)?.message === 'it returned no Buffer'), [{ msg: 'plugin phase failed', plugin: 'p', phase: 'bodyFilter' }])
  }
})

t.test('a rejection in a phase that nobody waits for is logged, and ends no worker', async t => {
  for (const phase of ['headerFilter', 'bodyFilter', 'log', 'close']) {
    const gateway = await serve(t, { [phase]: async () => { throw new Error('later') } })
    await ask(gateway.port).catch(() => {})
    await gateway.over(1)
    gateway.replace([])
    await setImmediate()
    t.match(gateway.lines.filter(({ err }) => (err as Error | undefined)?.message === 'later'), [{ msg: 'plugin phase failed', plugin: 'p', phase }])
  }
})

t.test('a close that throws keeps no change of configuration from being served', async t => {
  const gateway = await serve(t, { close: () => { throw new Error('stuck') } })
  gateway.replace([{ id: 'r', uri: '/other', plugins: { p: {} } }])
  t.match(gateway.lines, [{ msg: 'plugin phase failed', plugin: 'p', phase: 'close', owner: 'routes/r', err: { message: 'stuck' } }])
})

t.test('a configuration whose create returns no phases is not taken, and the reason names the fault', async t => {
  const cases: ReadonlyArray<readonly [created: Created, fault: string]> = [
    [undefined, 'create returned no object of phases'],
    [Promise.resolve({}), 'create returned a promise: what takes time belongs into init'],
    [{ access: true }, 'create returned a phase access that is no function'],
    [{ acces: () => {} }, 'create returned acces, which is no phase: there are admit, rewrite, access, beforeProxy, headerFilter, bodyFilter, log, close']
  ]
  for (const [created, fault] of cases) {
    await t.rejects(serve(t, created), { message: `routes/r: failed to create plugin [p]: ${fault}` })
  }
})

t.test('an instance of a class may have methods besides its phases', async t => {
  class Phases {
    access () { return { kind: 'respond', response: { status: this.status() } } }
    status () { return 204 }
  }
  const gateway = await serve(t, new Phases() as unknown as Created)
  t.equal((await ask(gateway.port)).status, 204)
})
