import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify'
import type { AdminApiOptions } from './options.ts'
import type { ResourceSchemas } from './resources/resource-schemas.ts'

/** What every endpoint works with. */
export interface AdminContext extends AdminApiOptions {
  readonly schemas: ResourceSchemas
}

/** Fastify, with what the schema of a route says of its parameters as their type. */
export type AdminApp = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>
