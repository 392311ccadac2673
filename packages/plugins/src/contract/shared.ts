/** Something that is used together by several configurations of a plugin, or of several plugins, and closed after the last. */
export interface Shared<Value> {
  readonly value: Value
  /** Once. */
  release (): void
}

/**
 * What is open under a key, opened if nobody has it: connections to a server that many routes name.
 *
 * @param key - all that the thing is made from: two that differ in a password or a TLS setting are two
 */
export type Share = <Value extends { close (): void }>(key: string, open: () => Value) => Shared<Value>
