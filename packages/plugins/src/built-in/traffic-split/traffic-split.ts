import type { CreateHost } from '../../contract/host.ts'
import { CONTINUE } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { PluginUpstream } from '../../contract/upstream.ts'
import { compileChecked, findBadExpression } from '../../expression/checked-expression.ts'
import type { ExpressionTest } from '../../expression/operators.ts'
import { TrafficSplitSchema, type Rule } from './schema.ts'
import { createWeightedRoundRobin } from './weighted-round-robin.ts'

/** An upstream of the plugin's own, the id of one of the configuration, or undefined for the route's. */
type Target = PluginUpstream | string | undefined

interface CompiledRule {
  readonly holds: ExpressionTest
  readonly take: () => Target
}

/** Sends a share of the requests, or those that match, to other upstreams than the route's. */
export default {
  name: 'traffic-split',
  version: 0.1,
  priority: 966,
  schema: TrafficSplitSchema,

  check ({ rules = [] }) {
    return findBadExpression('vars', rules.flatMap(({ match = [] }) => match.map(({ vars = [] }) => vars)))
  },

  create ({ rules = [] }, host) {
    const own: PluginUpstream[] = []
    const compiled = rules.map(rule => compileRule(rule, host, own))
    return {
      access (context) {
        const target = compiled.find(({ holds }) => holds(context))?.take()
        if (target === undefined || context.sendTo(target)) return CONTINUE
        return { kind: 'respond', response: { status: 500, body: `failed to fetch upstream info by upstream id: ${String(target)}` } } // what the plugin compiled is always taken
      },
      close () {
        for (const upstream of own) upstream.close()
      }
    }
  }
} satisfies Plugin<typeof TrafficSplitSchema>

/** @param own - takes the upstreams that are made, for `close` */
function compileRule ({ match, weighted_upstreams: weighted }: Rule, host: CreateHost, own: PluginUpstream[]): CompiledRule {
  const tests = match?.map(({ vars = [] }) => compileChecked(vars))
  const entries = weighted.map(({ upstream_id: id, upstream, weight }): { value: Target, weight: number } => {
    if (id !== undefined) return { value: String(id), weight }
    if (upstream === undefined) return { value: undefined, weight }
    const compiled = host.compileUpstream(upstream)
    own.push(compiled)
    return { value: compiled, weight }
  })
  return {
    holds: context => tests === undefined || tests.length === 0 || tests.some(test => test(context)),
    take: createWeightedRoundRobin(lastOfEach(entries))
  }
}

// Of two entries with one id the later weight counts, as in APISIX.
function lastOfEach (entries: ReadonlyArray<{ value: Target, weight: number }>): Array<{ value: Target, weight: number }> {
  return entries.filter(({ value }, index) => typeof value !== 'string' || entries.findLastIndex(other => other.value === value) === index)
}
