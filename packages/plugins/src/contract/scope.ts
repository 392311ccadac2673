/** Where a configuration of a plugin stands. Counters and caches that outlive a change of configuration are kept under its key. */
export interface PluginScope {
  /** Collection and id of the resource that has the plugin: `routes/1`, `consumers/jack`. */
  readonly ownerKey: string
}
