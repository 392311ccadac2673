import { MethodSchema, StringEnum, WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { CONTINUE, type PhaseResult } from '../../contract/phases.ts'
import type { Plugin } from '../../contract/plugin.ts'
import type { RequestContext } from '../../contract/request-context.ts'

const types = ['consumer_name', 'service_id', 'route_id', 'consumer_group_id'] as const
type RestrictionType = typeof types[number]

const schema = Type.Object({
  type: WithDefault(StringEnum(types, { default: 'consumer_name' })),
  whitelist: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  blacklist: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  allowed_by_methods: Type.Optional(Type.Array(Type.Object({
    user: Type.String(),
    methods: Type.Array(MethodSchema, { minItems: 1 })
  }))),
  only_listed_users: WithDefault(Type.Boolean({ default: false, description: 'true: whom allowed_by_methods does not list is refused' })),
  rejected_code: WithDefault(Type.Integer({ minimum: 200, maximum: 599, default: 403 })),
  rejected_msg: Type.Optional(Type.String())
}, {
  anyOf: [{ required: ['blacklist'] }, { required: ['whitelist'] }, { required: ['allowed_by_methods'] }]
})

/** Lets consumers pass, or refuses them, by name or group; or the services or routes that a consumer may use. */
export default {
  name: 'consumer-restriction',
  version: 0.1,
  priority: 2400,
  schema,

  check ({ only_listed_users: onlyListed, allowed_by_methods: entries }) {
    return onlyListed && entries === undefined ? 'only_listed_users goes with allowed_by_methods' : undefined
  },

  create ({ type, whitelist, blacklist = [], allowed_by_methods: entries = [], only_listed_users: onlyListed, rejected_code: status, rejected_msg: message }) {
    const read = readers[type]
    const allowed = whitelist === undefined ? undefined : new Set(whitelist)
    const refused = new Set(blacklist)
    // of several entries for one user the first counts
    const methodsOf = new Map(entries.map(({ user, methods }) => [user, new Set<string>(methods)] as const).reverse())
    const isMethodAllowed = (value: string, method: string): boolean => methodsOf.get(value)?.has(method) ?? !onlyListed

    const unknown = respond(401, `The request is rejected, please check the ${type} for this request`)
    const refusal = respond(status, message ?? `The ${type} is forbidden.`)
    return {
      access (context) {
        const value = read(context)
        if (value === undefined) return unknown
        if (refused.has(value)) return refusal
        if (allowed !== undefined) return allowed.has(value) ? CONTINUE : refusal
        return isMethodAllowed(value, context.method) ? CONTINUE : refusal
      }
    }
  }
} satisfies Plugin<typeof schema>

const readers: Readonly<Record<RestrictionType, (context: RequestContext) => string | undefined>> = {
  consumer_name: ({ consumer }) => consumer?.username,
  consumer_group_id: ({ consumer }) => consumer?.groupId,
  route_id: ({ route }) => textOf(route?.id),
  service_id: ({ route }) => textOf(route?.service_id)
}

function textOf (id: string | number | undefined): string | undefined {
  return id === undefined ? undefined : String(id)
}

function respond (status: number, message: string): PhaseResult {
  return Object.freeze({ kind: 'respond', response: { status, body: { message } } })
}
