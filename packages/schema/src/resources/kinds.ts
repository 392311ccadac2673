import type { TObject } from '@sinclair/typebox'
import { RouteSchema } from './route.ts'
import { SslSchema } from './ssl.ts'

/** The collections that have a schema; `noun` is the word used in messages and in `schema/{noun}`. */
export const resourceKinds = {
  routes: { noun: 'route', schema: RouteSchema },
  ssls: { noun: 'ssl', schema: SslSchema }
} as const satisfies Record<string, { noun: string, schema: TObject }>

export type Collection = keyof typeof resourceKinds

export function isCollection (name: string): name is Collection {
  return Object.hasOwn(resourceKinds, name)
}
