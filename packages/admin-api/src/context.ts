import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Store } from '@clinch/store'
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { AdminApiOptions } from './options.ts'
import type { EntryIndex } from './resources/entry-index/entry-index.ts'
import type { EntryLookup } from './resources/entry-index/entry-map.ts'
import type { ResourceSchemas } from './resources/resource-schemas.ts'

/** What every endpoint works with. */
export interface AdminContext extends AdminApiOptions {
  readonly schemas: ResourceSchemas
  readonly authKeys: EntryIndex
  readonly groups: EntryIndex
  /** In a document objects may refer to what comes later, certificates excepted. Absent: what they refer to must be there. */
  readonly references?: 'unchecked'
}

/** What the check of an object works with; there need not be an Admin API around it. */
export interface CheckContext extends Pick<AdminContext, 'prefix' | 'keyring' | 'fieldKeyring' | 'plugins' | 'schemas' | 'references'> {
  /** Who has an authentication key already. */
  readonly authKeys: EntryLookup
  /** Whose plugins name which groups. */
  readonly groups: EntryLookup
  readonly store: Pick<Store, 'get' | 'list'>
}

/** Fastify, with what the schema of a route says of its parameters as their type. */
export type AdminApp = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>
