import type { ProxiedEnds } from './proxy-header.ts'

/** A connection of which a load balancer told by the PROXY protocol whose it is. */
export interface ProxiedConnection extends ProxiedEnds {
  /** The load balancer's end. */
  readonly viaAddress: string
  readonly viaPort: number
}
