/** A consumer as an `auth` plugin finds it: by a credential of that plugin, its own or one of its `credentials`. */
export interface FoundConsumer {
  readonly username: string
  /** Undefined when the consumer itself carries the plugin. */
  readonly credentialId: string | undefined
  readonly groupId: string | undefined
  readonly labels: Readonly<Record<string, string>>
  /** What the credential holds for the plugin, by its `consumerSchema`, with defaults; `{}` for one found by name. */
  readonly conf: Readonly<Record<string, unknown>>
}

/** The consumers of the configuration that a request began with. */
export interface ConsumerDirectory {
  /**
   * By one attribute of what an auth plugin holds: `find('key-auth', 'key', sentKey)`. What was loaded last wins.
   * The attribute must tell credentials apart, not prove them: look-ups take the same time for near misses, as hashed
   * maps do, but compare secrets such as passwords with `timingSafeEqual`.
   */
  find (plugin: string, attribute: string, value: string): FoundConsumer | undefined
  /** For `anonymous_consumer`. */
  named (username: string): FoundConsumer | undefined
}
