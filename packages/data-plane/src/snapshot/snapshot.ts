import type { PhaseChain } from '../phases/phase-chain.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import type { RouteTable } from '../router/route-table.ts'
import type { NameTable } from '../tls/match-ssl.ts'
import type { UpstreamTable } from '../upstream/upstream-ref.ts'
import type { CompiledSsl } from './compiled-ssl.ts'
import type { ConsumerTable } from './consumers.ts'

/** What requests read: immutable, replaced as a whole; a request keeps to the one it began with. */
export interface RequestSnapshot {
  readonly routes: RouteTable<CompiledRoute>
  readonly upstreams: UpstreamTable
  readonly consumers: ConsumerTable
  /** The plugins of the global rules. */
  readonly globals: PhaseChain
}

/** And what handshakes read. */
export interface Snapshot extends RequestSnapshot {
  readonly names: NameTable<CompiledSsl>
}
