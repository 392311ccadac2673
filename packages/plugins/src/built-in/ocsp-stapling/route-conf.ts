import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'
import type { ClientPolicy } from './decide-client.ts'

const refusalCode = () => WithDefault(Type.Integer({ minimum: 400, maximum: 599, default: 400 }))

/** `ocsp-stapling` on a route; `{}` is the documented behaviour of APISIX, the members are ours. */
export const RouteConfSchema = Type.Object({
  mode: WithDefault(StringEnum(['hard', 'grace', 'soft'], { default: 'hard' })),
  grace: WithDefault(Type.Number({ minimum: 0, maximum: 604_800, default: 86_400, description: 'seconds; mode grace only' })),
  rejected_code: refusalCode(),
  unavailable_code: refusalCode(),
  timeout: Type.Optional(Type.Number({ minimum: 0.1, maximum: 30, description: 'seconds; client_timeout of plugin_attr when left out' })),
  no_responder: Type.Optional(StringEnum(['allow', 'refuse'], { description: 'allow in mode soft and refuse in the others when left out' })),
  prefer: WithDefault(StringEnum(['ocsp', 'crl', 'ocsp_only', 'crl_only'], { default: 'ocsp', description: 'the source that is asked first; the other one is asked when it does not decide, unless `_only`' })),
  forward_client_cert: WithDefault(StringEnum(['off', 'leaf', 'chain'], { default: 'off', description: 'tell the upstream: `Client-Cert` and `X-Client-Cert-Status`; with `chain` also `Client-Cert-Chain`' }))
}, { additionalProperties: true })

export type RouteConf = Static<typeof RouteConfSchema>

export function policyOf (conf: RouteConf): ClientPolicy {
  return {
    mode: conf.mode,
    graceMs: conf.grace * 1000,
    noResponder: conf.no_responder ?? (conf.mode === 'soft' ? 'allow' : 'refuse')
  }
}
