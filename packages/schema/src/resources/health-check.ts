import { Type, type Static } from '@sinclair/typebox'
import { StringEnum } from '../string-enum.ts'
import { HostSchema, MethodSchema } from './shared.ts'
import { WithDefault } from '../with-default.ts'

const ProtocolSchema = StringEnum(['http', 'https', 'tcp'], { default: 'http' })

const statuses = (values: readonly number[]) =>
  Type.Array(Type.Integer({ minimum: 200, maximum: 599 }), { minItems: 1, uniqueItems: true, default: [...values] })
const interval = Type.Integer({ minimum: 1, default: 1, description: 'seconds' })
const activeLimit = (value: number) => Type.Integer({ minimum: 1, maximum: 254, default: value })
const passiveLimit = (value: number) => Type.Integer({ minimum: 0, maximum: 254, default: value, description: '0 switches this counter off' })
const between = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, step) => first + step)

/** Probes that the gateway makes itself. Without `healthy` or `unhealthy` there are none of that sort. */
export const ActiveCheckSchema = Type.Object({
  type: WithDefault(ProtocolSchema),
  timeout: WithDefault(Type.Number({ default: 1, description: 'seconds' })),
  concurrency: WithDefault(Type.Integer({ default: 10 })),
  host: Type.Optional(HostSchema),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
  http_method: WithDefault({ ...MethodSchema, default: 'GET' }),
  http_path: WithDefault(Type.String({ default: '/' })),
  http_req_body: WithDefault(Type.String({ default: '' })),
  https_verify_certificate: WithDefault(Type.Boolean({ default: true })),
  req_headers: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: '`Name: value`' })),
  healthy: Type.Optional(Type.Object({
    interval: WithDefault(interval),
    http_statuses: WithDefault(statuses([200, 302])),
    successes: WithDefault(activeLimit(2))
  })),
  unhealthy: Type.Optional(Type.Object({
    interval: WithDefault(interval),
    http_statuses: WithDefault(statuses([429, 404, ...between(500, 505)])),
    http_failures: WithDefault(activeLimit(5)),
    tcp_failures: WithDefault(activeLimit(2)),
    timeouts: WithDefault(activeLimit(3))
  }))
})
export type ActiveCheck = Static<typeof ActiveCheckSchema>

/** What the answers to forwarded requests say of a node. */
export const PassiveCheckSchema = Type.Object({
  type: WithDefault(ProtocolSchema),
  healthy: Type.Optional(Type.Object({
    http_statuses: WithDefault(statuses([...between(200, 208), 226, ...between(300, 308)])),
    successes: WithDefault(passiveLimit(5))
  })),
  unhealthy: Type.Optional(Type.Object({
    http_statuses: WithDefault(statuses([429, 500, 503])),
    http_failures: WithDefault(passiveLimit(5)),
    tcp_failures: WithDefault(passiveLimit(2)),
    timeouts: WithDefault(passiveLimit(7))
  }))
})
export type PassiveCheck = Static<typeof PassiveCheckSchema>

/** `checks` of an upstream: passive checks alone would never find a node well again, so active ones are a must. */
export const HealthCheckerSchema = Type.Unsafe<{ active: ActiveCheck, passive?: PassiveCheck }>({
  type: 'object',
  properties: { active: ActiveCheckSchema, passive: PassiveCheckSchema },
  anyOf: [{ required: ['active'] }, { required: ['active', 'passive'] }]
})
export type HealthChecker = Static<typeof HealthCheckerSchema>
