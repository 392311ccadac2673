import t from 'tap'
import type { LoadedPlugin, MachinePart, Plugin, PluginCatalog } from '@clinch/plugins'
import type { FromWorker, MachineAnswer } from '../../packages/gateway/src/ipc/messages.ts'
import { MachineParts } from '../../packages/gateway/src/primary/machine-parts.ts'
import { MachineLinks } from '../../packages/gateway/src/worker/machine-links.ts'
import { catalogOf } from '../data-plane/http-gateway.ts'
import { recordLog } from '../support/log-recorder.ts'

const pluginWith = (name: string, machine?: Plugin['machine']) => ({ name, version: 1, priority: 1, schema: {}, create: () => ({}), ...(machine === undefined ? {} : { machine }) }) as unknown as Plugin

function world () {
  const story: string[] = []
  const recorder = recordLog('info')
  const parts = new MachineParts(recorder.log, () => 7)
  const counter = (name: string) => (): MachinePart => {
    let count = 0
    story.push(`make ${name}`)
    return { handle: (question, workerId) => [question, workerId, ++count], workerGone: id => { story.push(`${name}: worker ${id} is gone`) }, close: () => { story.push(`close ${name}`) } }
  }
  const ask = (...questions: ReadonlyArray<readonly [number, string, unknown]>): MachineAnswer[] => {
    const got: MachineAnswer[] = []
    parts.receive(3, questions, answers => got.push(...answers))
    return got
  }
  return { story, recorder, parts, counter, ask }
}

const withAttr = (catalog: PluginCatalog, attr: unknown): PluginCatalog => ({ ...catalog, list: catalog.list.map((loaded): LoadedPlugin => ({ ...loaded, attr })) })

t.test('questions are answered together, in one message', t => {
  const { parts, counter, ask } = world()
  parts.use(catalogOf([pluginWith('a', counter('a')), pluginWith('b')]))
  t.strictSame(ask([1, 'a', 'x'], [0, 'a', 'y'], [2, 'b', 'z'], [3, 'a', 'x']), [
    [1, ['x', 3, 1]],
    [2, undefined, 'the plugin [b] keeps nothing in the primary'],
    [3, ['x', 3, 3]]
  ])
  t.end()
})

t.test('a part outlives reloads for as long as its plugin is the same', t => {
  const { story, parts, counter, ask } = world()
  const a = pluginWith('a', counter('a'))
  const first = catalogOf([a, pluginWith('b', counter('b'))])
  parts.use(first)
  ask([1, 'a', 0])
  const second = catalogOf([a, pluginWith('b', counter('another b'))])
  parts.use(second)
  t.strictSame(ask([1, 'a', 0], [2, 'b', 0]), [[1, [0, 3, 2]], [2, [0, 3, 1]]])
  t.strictSame(story, ['make a', 'make b', 'make another b'], 'workers may still run the one before')
  parts.retain(second)
  parts.workerGone(5)
  const third = catalogOf([a])
  parts.use(third)
  parts.retain(third)
  parts.close()
  t.strictSame(story.slice(3), ['close b', 'a: worker 5 is gone', 'another b: worker 5 is gone', 'close another b', 'close a'])
  t.end()
})

t.test('a part sees the settings as they are by now', t => {
  const { parts, ask } = world()
  const plugin = pluginWith('a', ({ attr, now }) => ({ handle: () => [attr(), now()] }))
  parts.use(withAttr(catalogOf([plugin]), { x: 1 }))
  t.strictSame(ask([1, 'a', 0]), [[1, [{ x: 1 }, 7]]])
  parts.use(withAttr(catalogOf([plugin]), { x: 2 }))
  t.strictSame(ask([1, 'a', 0]), [[1, [{ x: 2 }, 7]]])
  t.end()
})

t.test('one that fails is told of, and the others go on', async t => {
  const { recorder, parts, counter, ask } = world()
  parts.use(catalogOf([
    pluginWith('a', () => { throw new Error('no') }),
    pluginWith('b', () => ({ handle: () => { throw new Error('not today') }, workerGone: () => { throw new Error('gone') }, close: () => { throw new Error('stuck') } })),
    pluginWith('c', () => ({ handle: async question => question === 1 ? 'late' : await Promise.reject(new Error('later')) })),
    pluginWith('d', counter('d'))
  ]))
  const late: MachineAnswer[] = []
  parts.receive(1, [[1, 'b', 0], [2, 'c', 1], [3, 'c', 2], [4, 'd', 0]], answers => late.push(...answers))
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(late, [[1, undefined, 'not today'], [4, [0, 1, 1]], [2, 'late'], [3, undefined, 'later']])
  t.strictSame(ask([1, 'a', 0]), [[1, undefined, 'the plugin [a] keeps nothing in the primary']])
  parts.workerGone(1)
  parts.close()
  t.strictSame(recorder.lines.map(({ msg }) => msg), ['failed to start plugin [a]', ...Array(4).fill('plugin failed in the primary')])
})

t.test('what is asked in one turn goes in one message', async t => {
  const sent: FromWorker[] = []
  const links = new MachineLinks(message => sent.push(message), () => 0)
  const [a, b] = [links.linkOf('a'), links.linkOf('b')]
  const answers = [a.ask('x'), b.ask('y')]
  b.tell('z')
  t.strictSame(sent, [])
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(sent, [{ kind: 'machineQuestions', questions: [[1, 'a', 'x'], [2, 'b', 'y'], [0, 'b', 'z']] }])
  links.answer([[2, 'for b'], [1, undefined, 'no'], [9, 'for nobody']])
  t.equal(await answers[1], 'for b')
  await t.rejects(answers[0] ?? Promise.resolve(), { message: 'no' })
  await t.rejects(async () => { const again = a.ask('x'); links.answer([[3, undefined, 'never']]); await again }, { message: 'never' })
})

t.test('a question that nobody answers is given up', async t => {
  let nowMs = 0
  const links = new MachineLinks(() => {}, () => nowMs)
  const lost = links.linkOf('a').ask('x')
  nowMs = 3000
  const later = links.linkOf('a').ask('y')
  const keepAlive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(keepAlive))
  nowMs = 5001
  await t.rejects(lost, { message: 'the primary did not answer in time' })
  links.answer([[2, 'in time']])
  t.equal(await later, 'in time')
})
