import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { compilePatternList, findBadPattern } from '../../regex/pattern-list.ts'

const ListSchema = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })
const schema = Type.Object({
  bypass_missing: WithDefault(Type.Boolean({ default: false })),
  allowlist: Type.Optional(ListSchema),
  denylist: Type.Optional(ListSchema),
  message: WithDefault(Type.String({ minLength: 1, maxLength: 1024, default: 'Not allowed' }))
}, {
  oneOf: [{ required: ['allowlist'] }, { required: ['denylist'] }]
})

/** Refuses clients by what they say they are. Of several `User-Agent` lines one that is allowed, or denied, is enough. */
export default {
  name: 'ua-restriction',
  version: 0.1,
  priority: 2999,
  schema,

  check ({ allowlist = [], denylist = [] }) {
    const bad = findBadPattern([...allowlist, ...denylist])
    return bad === undefined ? undefined : `invalid user agent pattern "${bad.source}": ${bad.reason}`
  },

  create ({ allowlist, denylist, bypass_missing: mayBeMissing, message }) {
    const isListed = compilePatternList(allowlist ?? denylist ?? [])
    const mustBeListed = allowlist !== undefined
    const refusal: PhaseResult = Object.freeze({ kind: 'respond', response: { status: 403, body: { message } } })
    return {
      access ({ headers }) {
        const agents = headers.lines('user-agent')
        const passes = agents.length === 0 ? mayBeMissing : agents.some(agent => isListed(agent.trim())) === mustBeListed
        return passes ? CONTINUE : refusal
      }
    }
  }
} satisfies Plugin<typeof schema>
