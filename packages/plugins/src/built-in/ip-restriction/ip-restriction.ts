import { AddressSchema, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { AddressSet, isAddressRange } from '../../address/address-set.ts'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'

const ListSchema = Type.Array(AddressSchema, { minItems: 1 })
const schema = Type.Object({
  whitelist: Type.Optional(ListSchema),
  blacklist: Type.Optional(ListSchema),
  message: WithDefault(Type.String({ minLength: 1, maxLength: 1024, default: 'Your IP address is not allowed' })),
  response_code: WithDefault(Type.Unsafe<403 | 404>({ type: 'integer', enum: [403, 404], default: 403 }))
}, {
  oneOf: [{ required: ['whitelist'] }, { required: ['blacklist'] }]
})

/** Refuses clients by their address, after the real-ip rules. */
export default {
  name: 'ip-restriction',
  version: 0.1,
  priority: 3000,
  schema,

  check ({ whitelist = [], blacklist = [] }) {
    const bad = [...whitelist, ...blacklist].find(entry => !isAddressRange(entry))
    return bad === undefined ? undefined : `invalid ip address: ${bad}`
  },

  create ({ whitelist, blacklist, message, response_code: status }) {
    const listed = new AddressSet(whitelist ?? blacklist ?? [])
    const mustBeListed = whitelist !== undefined
    const refusal: PhaseResult = Object.freeze({ kind: 'respond', response: { status, body: { message } } })
    return {
      access: context => listed.has(context.remoteAddress) === mustBeListed ? CONTINUE : refusal
    }
  }
} satisfies Plugin<typeof schema>
