/** Both ends of the connection that a load balancer took and hands on. */
export interface ProxiedEnds {
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

export type ProxyHeaderResult =
  /** `ends` is undefined where the header tells nothing of a client: the connection is the load balancer's own. */
  | { readonly kind: 'complete', readonly octets: number, readonly ends: ProxiedEnds | undefined }
  | { readonly kind: 'incomplete', readonly atLeast: number }
  | { readonly kind: 'malformed', readonly reason: string }

export function malformed (reason: string): ProxyHeaderResult {
  return { kind: 'malformed', reason }
}
