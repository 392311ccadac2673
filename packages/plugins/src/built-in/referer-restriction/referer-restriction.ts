import { HostSchema, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'

const ListSchema = Type.Array(HostSchema, { minItems: 1 })
const schema = Type.Object({
  bypass_missing: WithDefault(Type.Boolean({ default: false })),
  whitelist: Type.Optional(ListSchema),
  blacklist: Type.Optional(ListSchema),
  message: WithDefault(Type.String({ minLength: 1, maxLength: 1024, default: 'Your referer host is not allowed' }))
}, {
  oneOf: [{ required: ['whitelist'] }, { required: ['blacklist'] }]
})

/** Refuses requests by the host that they say they come from. */
export default {
  name: 'referer-restriction',
  version: 0.1,
  priority: 2990,
  schema,

  create ({ whitelist, blacklist, bypass_missing: mayBeMissing, message }) {
    const isListed = compileHosts(whitelist ?? blacklist ?? [])
    const mustBeListed = whitelist !== undefined
    const refusal: PhaseResult = Object.freeze({ kind: 'respond', response: { status: 403, body: { message } } })
    return {
      access ({ headers }) {
        const host = hostOf(headers.get('referer'))
        const passes = host === undefined ? mayBeMissing : isListed(host) === mustBeListed
        return passes ? CONTINUE : refusal
      }
    }
  }
} satisfies Plugin<typeof schema>

// `*.a.com` is whatever ends in `.a.com`, at any depth; names compare without case
function compileHosts (patterns: readonly string[]): (host: string) => boolean {
  const exact = new Set(patterns.map(pattern => pattern.toLowerCase()))
  const suffixes = [...exact].filter(pattern => pattern.startsWith('*')).map(pattern => pattern.slice(1))
  return host => exact.has(host) || suffixes.some(suffix => host.endsWith(suffix))
}

function hostOf (referer: string | undefined): string | undefined {
  const url = referer === undefined ? null : URL.parse(referer)
  return url === null || url.hostname === '' ? undefined : url.hostname.toLowerCase()
}
