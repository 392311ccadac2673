import t from 'tap'
import type { PluginUpstream } from '@clinch/plugins'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, runPlugin } from './run-plugin.ts'

/** Where requests go, one after the other: an id, the first node of an inline upstream, or `route`. */
async function targets (conf: object, requests: ReadonlyArray<Readonly<Record<string, string>>>) {
  const names = new Map<PluginUpstream, string>()
  let closed = 0
  const phases = await runPlugin('traffic-split', conf, {
    compileUpstream (upstream) {
      const made = { close: () => { closed++ } }
      names.set(made, Object.keys(upstream.nodes ?? {})[0] ?? '')
      return made
    }
  })
  const seen: string[] = []
  for (const variables of requests) {
    let target = 'route'
    await phases.access?.({ ...fakeRequest({ variables }), sendTo: upstream => { target = typeof upstream === 'string' ? upstream : names.get(upstream) ?? '?'; return true } })
    seen.push(target)
  }
  phases.close?.()
  t.equal(closed, names.size, 'what was made is closed')
  return seen
}

const times = (count: number, variables = {}) => Array.from({ length: count }, () => variables)
const inline = (node: string, more = {}) => ({ upstream: { nodes: { [node]: 1 } }, ...more })

t.test('the share of each is its weight, spread evenly', async t => {
  const rules = [{ weighted_upstreams: [inline('a:1', { weight: 3 }), { weight: 2 }] }]
  t.strictSame(await targets({ rules }, times(5)), ['a:1', 'route', 'a:1', 'route', 'a:1'])
})

t.test('an id is an upstream of the configuration, and of two entries with one id the later weight counts', async t => {
  const rules = [{ weighted_upstreams: [{ upstream_id: 1, weight: 9 }, { upstream_id: '1', weight: 1 }, { weight: 1 }] }]
  t.strictSame((await targets({ rules }, times(4))).sort(), ['1', '1', 'route', 'route'])
})

t.test('the first rule that holds decides, and without one it is the route\'s', async t => {
  const rules = [
    { match: [{ vars: [['arg_a', '==', '1']] }, { vars: [['arg_b', '==', '1']] }], weighted_upstreams: [{ upstream_id: 'one' }] },
    { match: [{ vars: [['arg_c', '==', '1']] }], weighted_upstreams: [{ upstream_id: 'two' }] }
  ]
  t.strictSame(await targets({ rules }, [{ arg_a: '1' }, { arg_b: '1' }, { arg_c: '1' }, { arg_a: '1', arg_c: '1' }, {}]), ['one', 'one', 'two', 'one', 'route'])
})

t.test('weight 0 is never taken beside a greater one, and equal when all have it', async t => {
  t.strictSame(await targets({ rules: [{ weighted_upstreams: [{ upstream_id: 'a', weight: 0 }, { upstream_id: 'b' }] }] }, times(3)), ['b', 'b', 'b'])
  t.strictSame((await targets({ rules: [{ weighted_upstreams: [{ upstream_id: 'a', weight: 0 }, { upstream_id: 'b', weight: 0 }] }] }, times(4))).sort(), ['a', 'a', 'b', 'b'])
})

t.test('without rules it does nothing', async t => {
  t.strictSame(await targets({}, times(1)), ['route'])
  t.strictSame(await targets({ rules: [{}] }, times(1)), ['route'])
})

t.test('a configuration that could not work is refused', async t => {
  for (const [conf, complaint] of [
    [{ rules: [{ match: [{ vars: [['a', '=', '1']] }] }] }, 'failed to validate the \'vars\' expression: invalid operator \'=\''],
    [{ rules: [{ weighted_upstreams: [] }] }, 'property "rules" validation failed: failed to validate item 1: property "weighted_upstreams" validation failed: expect array to have at least 1 items'],
    [{ rules: [{ weighted_upstreams: [{ weight: -1 }] }] }, /expected -1 to be at least 0$/],
    [{ rules: [{ weighted_upstreams: [{ upstream: {} }] }] }, /value should match only one schema, but matches none$/]
  ] as const) t.match(await complaintAbout('traffic-split', conf), complaint)
})
