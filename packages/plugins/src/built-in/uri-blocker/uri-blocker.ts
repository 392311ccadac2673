import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { compilePatternList, findBadPattern } from '../../regex/pattern-list.ts'

const schema = Type.Object({
  block_rules: Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), { uniqueItems: true }),
  case_insensitive: WithDefault(Type.Boolean({ default: false })),
  rejected_code: WithDefault(Type.Integer({ minimum: 200, maximum: 999, default: 403 })),
  rejected_msg: Type.Optional(Type.String({ minLength: 1 })),
  test_decoded: WithDefault(Type.Boolean({ default: false, description: 'ours: rules are tried on the decoded, normalised path as well' }))
})

/** Refuses requests whose target a rule matches: the target as it came, path and query, undecoded. */
export default {
  name: 'uri-blocker',
  version: 0.1,
  priority: 2900,
  schema,

  check ({ block_rules: rules }) {
    const bad = findBadPattern(rules)
    return bad === undefined ? undefined : `invalid block rule "${bad.source}": ${bad.reason}`
  },

  create ({ block_rules: rules, case_insensitive: ignoresCase, rejected_code: status, rejected_msg: message, test_decoded: testsDecoded }) {
    const isBlocked = compilePatternList(rules, ignoresCase ? ['i'] : [])
    const refusal: PhaseResult = Object.freeze({ kind: 'respond', response: { status, ...(message === undefined ? {} : { body: { error_msg: message } }) } })
    return {
      rewrite: ({ target, uri }) => isBlocked(target) || (testsDecoded && isBlocked(uri)) ? refusal : CONTINUE
    }
  }
} satisfies Plugin<typeof schema>
