import { Type, type Static } from '@sinclair/typebox'

/** What the `*` at the end of a route stands for. */
export const PathTailSchema = Type.Object({ '*': Type.String() })

/** The tail segment by segment, decoded. */
export function segmentsOf (params: Static<typeof PathTailSchema>): string[] {
  return params['*'].split('/')
}
