import { staplePolicy } from '@clinch/ocsp-core'

/** What the agent and the workers read from `plugin_attr.ocsp-stapling` (its schema: the plugin's `attrSchema`). */
export interface OcspSettings {
  readonly firstStapleWaitMs: number
  readonly skewMs: number
  readonly responderTimeoutMs: number
  readonly maxInFlight: number
}

export function stapleSettingsOf (attr: unknown): OcspSettings {
  const given = (typeof attr === 'object' && attr !== null ? attr : {}) as Readonly<Record<string, unknown>>
  const seconds = (name: string, fallbackMs: number) => typeof given[name] === 'number' ? given[name] * 1000 : fallbackMs
  return {
    firstStapleWaitMs: seconds('first_staple_wait', 1000),
    skewMs: seconds('skew', staplePolicy.skewMs),
    responderTimeoutMs: seconds('responder_timeout', 10_000),
    maxInFlight: typeof given['max_in_flight'] === 'number' ? given['max_in_flight'] : 16
  }
}
