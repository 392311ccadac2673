import type { Place } from './place.ts'
import type { Method, ResourceKind } from './resource-kind.ts'

/** A request for one resource or a list of them, its path, body and arguments taken apart. */
export interface ResourceRequest {
  readonly kind: ResourceKind
  readonly method: Method
  readonly place: Place
  /** What follows the id. */
  readonly subPath: readonly string[]
  /** The JSON document; undefined when there is no body. */
  readonly body: unknown
  readonly query: URLSearchParams
  /** Undefined: what is written stays. */
  readonly ttlSeconds: number | undefined
}
