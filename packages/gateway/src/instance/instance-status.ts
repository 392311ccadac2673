/** What a running gateway says of itself. */
export interface InstanceStatus {
  readonly pid: number
  readonly version: string
  readonly node: string
  /** `starting` until everything listens, `stopping` while requests in flight end. */
  readonly state: 'starting' | 'running' | 'stopping'
  /** ISO 8601. */
  readonly started_at: string
  readonly uptime_seconds: number
  readonly config_file: string
  readonly data_dir: string
  readonly role: string
  readonly workers: {
    readonly wanted: number
    readonly ready: number
    readonly list: ReadonlyArray<{ readonly id: number, readonly pid: number | undefined, readonly state: string }>
    /** Since the start. */
    readonly deaths: number
  }
  readonly listeners: ReadonlyArray<{ readonly name: string, readonly url: string }>
  /** Undefined until it is opened. */
  readonly store: { readonly kind: string, readonly place: string, readonly connected: boolean } | undefined
  /** How config.yaml was last put in force; the start counts. */
  readonly last_reload: { readonly good: boolean, readonly last_good_at: string } | undefined
  /** Objects of the configuration that are not in force as they are stored. */
  readonly problems: number
}
