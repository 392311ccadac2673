import type { PluginScope } from '../../contract/scope.ts'
import { counterName, counterPrefix } from '../../limiting/counter-name.ts'
import { compileLimiterKey } from '../../limiting/limiter-key.ts'
import { compileQuantity } from '../../limiting/quantity.ts'
import type { TemplateContext } from '../../template/compile-template.ts'
import type { LimitConnConf } from './schema.ts'
import type { Claim } from './slots.ts'

/** The claims of a request; undefined when `conn` or `burst` of one of them does not come to a whole number. */
export type ClaimsOf = (context: TemplateContext) => readonly Claim[] | undefined

/** @param onAbsent - gives the key of a request that has none of its own */
export function compileClaims (conf: LimitConnConf, { ownerKey }: PluginScope, onAbsent: (context: TemplateContext) => string): ClaimsOf {
  const prefix = counterPrefix(ownerKey, conf)
  const { conn = 0, burst = 0, key: text = '', key_type: kind, rules } = conf
  const keyOf = compileLimiterKey({ kind, text })
  const claims = rules === undefined
    ? [compileClaim({ conn, burst }, prefix, context => keyOf(context) ?? onAbsent(context))]
    : rules.map((rule, at) => compileClaim(rule, `${prefix}:${at}`, compileLimiterKey({ kind: 'var_combination', text: rule.key })))
  return context => {
    const taken: Claim[] = []
    for (const claimOf of claims) {
      const claim = claimOf(context)
      if (claim === undefined) return undefined
      if (claim !== 'skip') taken.push(claim)
    }
    return taken
  }
}

type Quantities = Pick<NonNullable<LimitConnConf['rules']>[number], 'conn' | 'burst'>

function compileClaim (quantities: Quantities, prefix: string, keyOf: (context: TemplateContext) => string | undefined): (context: TemplateContext) => Claim | 'skip' | undefined {
  const connOf = compileQuantity(quantities.conn, 1)
  const burstOf = compileQuantity(quantities.burst, 0)
  return context => {
    const key = keyOf(context)
    if (key === undefined) return 'skip'
    const conn = connOf(context)
    const burst = burstOf(context)
    return conn === undefined || burst === undefined ? undefined : [counterName(prefix, key), conn, burst]
  }
}
