import { WithDefault, isSecretReference } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { authFields, realmField } from '../../auth/auth-fields.ts'
import { createAuthGate, findConsumer } from '../../auth/auth-gate.ts'
import { removeArgument, sentArgument } from '../../auth/sent-argument.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { isFieldName } from '../../header/field-name.ts'

const schema = Type.Object({
  header: WithDefault(Type.String({ default: 'apikey' })),
  query: WithDefault(Type.String({ default: 'apikey' })),
  realm: realmField('key'),
  ...authFields
})

const missing = { message: 'Missing API key in request' }
const invalid = { message: 'Invalid API key in request', detail: 'failed to find consumer: nobody has this API key' }

/** Knows consumers by a key in a header or in the query. */
export default {
  name: 'key-auth',
  version: 0.1,
  priority: 2500,
  type: 'auth',
  schema,
  consumerSchema: Type.Object({ key: Type.String() }),
  encryptFields: ['key'],

  check ({ header }) {
    return isFieldName(header) || isSecretReference(header) ? undefined : `invalid header: ${header}`
  },

  create (conf, host) {
    const gate = createAuthGate({ plugin: 'key-auth', challenge: `apikey realm="${conf.realm}"`, anonymousConsumer: conf.anonymous_consumer, log: host.log })
    return {
      rewrite (context) {
        const { upstream } = context
        const [inHeader] = upstream.headers.lines(conf.header)
        const key = inHeader ?? sentArgument(upstream, conf.query)
        const consumer = key === undefined ? undefined : findConsumer(context, 'key-auth', 'key', key)
        if (conf.hide_credentials) {
          if (consumer === undefined || inHeader !== undefined) upstream.headers.delete(conf.header)
          if (consumer === undefined || inHeader === undefined) removeArgument(upstream, conf.query)
        }
        if (consumer !== undefined) return gate.admit(context, consumer)
        return gate.turnAway(context, key === undefined ? missing : invalid)
      }
    }
  }
} satisfies Plugin<typeof schema>
