/** Of which key, and how many may be taken. */
export type Claim = readonly [name: string, conn: number, burst: number]

/** A request's places among those that are active, until it leaves. */
export interface Taken {
  /** How many were active under each claim in order, this request included; shorter than the claims when one was refused. */
  readonly active: readonly number[]
  /** Gives the places back. */
  leave (): void
}

/** Where active requests are counted. */
export interface Slots {
  /** Rejects when it cannot be told. When a claim is refused, those before it are taken until `leave`. */
  take (claims: readonly Claim[]): Promise<Taken>
  close (): void
}
