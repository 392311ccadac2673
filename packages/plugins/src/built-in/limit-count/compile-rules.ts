import type { PluginScope } from '../../contract/scope.ts'
import { counterName, counterPrefix } from '../../limiting/counter-name.ts'
import { compileLimiterKey } from '../../limiting/limiter-key.ts'
import { compileQuantity } from '../../limiting/quantity.ts'
import type { TemplateContext } from '../../template/compile-template.ts'
import type { Hit } from './quota.ts'
import type { LimitCountConf } from './schema.ts'

/** What one rule comes to for a request. */
export type RuleHit =
  | { readonly kind: 'hit', readonly hit: Hit, readonly key: string }
  /** No variable of its key has a value. */
  | { readonly kind: 'skip' }
  /** `count` or `time_window` does not come to a positive integer. */
  | { readonly kind: 'unresolved' }

export interface CompiledRule {
  /** In the names of its response fields; undefined for the one rule without `rules`. */
  readonly headerPrefix: string | undefined
  resolve (context: TemplateContext): RuleHit
}

/** @param onAbsent - gives the key of a request that has none of its own */
export function compileRules (conf: LimitCountConf, { ownerKey }: PluginScope, onAbsent: (context: TemplateContext) => string): CompiledRule[] {
  const { count = 0, time_window: windowS = 0, rules, key: text, key_type: kind, group } = conf
  const isSliding = conf.window_type === 'sliding'
  const prefix = group === undefined ? counterPrefix(ownerKey, conf) : `group ${group}`
  if (rules === undefined) {
    const keyOf = compileLimiterKey({ kind, text })
    return [compileRule({ count, time_window: windowS }, prefix, isSliding, undefined, context => keyOf(context) ?? onAbsent(context))]
  }
  return rules.map((rule, at) => {
    const keyOf = compileLimiterKey({ kind: 'var_combination', text: rule.key })
    return compileRule(rule, `${prefix}:${at}`, isSliding, rule.header_prefix ?? String(at + 1), keyOf)
  })
}

type Quantities = Pick<NonNullable<LimitCountConf['rules']>[number], 'count' | 'time_window'>

// Requests with windows of different lengths cannot be counted in one.
function compileRule (quantities: Quantities, prefix: string, isSliding: boolean, headerPrefix: string | undefined, keyOf: (context: TemplateContext) => string | undefined): CompiledRule {
  const countOf = compileQuantity(quantities.count, 1)
  const windowOf = compileQuantity(quantities.time_window, 1)
  const hasOneWindow = typeof quantities.time_window === 'number'
  return {
    headerPrefix,
    resolve (context) {
      const key = keyOf(context)
      if (key === undefined) return { kind: 'skip' }
      const count = countOf(context)
      const windowS = windowOf(context)
      if (count === undefined || windowS === undefined) return { kind: 'unresolved' }
      const name = counterName(hasOneWindow ? prefix : `${prefix}:${windowS}`, key)
      return { kind: 'hit', key, hit: [name, count, windowS * 1000, isSliding] }
    }
  }
}
