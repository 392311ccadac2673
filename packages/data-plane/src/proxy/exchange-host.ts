import type { Duplex } from 'node:stream'
import type { RequestOutcome } from '@clinch/plugins'
import type { Logger } from 'pino'
import type { RequestSnapshot } from '../snapshot/snapshot.ts'
import type { PluginClaims } from './plugin-claims.ts'
import type { GatewayContext } from './request-context.ts'
import type { CompiledSettings } from './settings.ts'

/** What every exchange of a worker shares. */
export interface ExchangeHost {
  readonly settings: CompiledSettings
  readonly log: Logger
  readonly now: () => number
  /** Milliseconds, whatever becomes of the machine's clock. */
  readonly monotonicNow: () => number
  readonly snapshot: () => RequestSnapshot
  readonly claims: () => PluginClaims
  /** Called once for each exchange, when it is over. */
  ended (context: GatewayContext, outcome: RequestOutcome): void
}

/** A connection that the client wants to turn into a tunnel. */
export interface Upgrade {
  readonly socket: Duplex
  readonly head: Buffer
  /** From here on the socket is the tunnel's. */
  readonly stopWatching: () => void
}
