/** One stored object as it came from the store: its text is parsed and judged where it is used. */
export interface ConfigObject {
  /** Collection and id, without the store's prefix: `ssls/1`. */
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
  /** What was decrypted or resolved in it: nothing of that goes into a log or a problem. */
  readonly secrets?: readonly string[]
}

export type ConfigChange =
  | { readonly kind: 'put', readonly object: ConfigObject }
  | { readonly kind: 'delete', readonly key: string }

/** An object that did not build. What it was before, if anything, goes on serving. */
export interface Problem {
  readonly key: string
  readonly modRevision: number
  readonly reason: string
}
