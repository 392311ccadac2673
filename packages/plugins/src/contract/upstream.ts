/** An upstream of a plugin's own, with its connections and balancing; made in `create`, closed in `close`. */
export interface PluginUpstream {
  close (): void
}
