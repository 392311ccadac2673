import { CONTINUE, type Plugin } from '@clinch/plugins'
import { Type } from '@sinclair/typebox'

/** What the Admin API sees of `key-auth`: it admits everybody and is for tests of configuration only. */
export default {
  name: 'key-auth',
  version: 0.1,
  priority: 2500,
  type: 'auth',
  schema: Type.Object({ header: Type.Optional(Type.String({ default: 'apikey' })) }),
  consumerSchema: Type.Object({ key: Type.String() }),
  encryptFields: ['key'],
  create: () => ({ rewrite: () => CONTINUE })
} satisfies Plugin
