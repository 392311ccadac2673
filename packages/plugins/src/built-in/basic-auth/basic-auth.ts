import { Type } from '@sinclair/typebox'
import { authFields, realmField } from '../../auth/auth-fields.ts'
import { createAuthGate, findConsumer } from '../../auth/auth-gate.ts'
import { isSameSecret } from '../../auth/same-secret.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { readBasicCredentials } from './credentials.ts'

const schema = Type.Object({ realm: realmField('basic'), ...authFields })

const missing = { message: 'Missing authorization in request' }
const invalid = { message: 'Invalid authorization in request', detail: 'failed to read Authorization: not Basic and a base64 text with a colon' }
const unknownUser = { message: 'Invalid user authorization', detail: 'failed to find user' }
const wrongPassword = { message: 'Invalid user authorization', detail: 'failed to match password' }

/** Knows consumers by user name and password (RFC 7617). */
export default {
  name: 'basic-auth',
  version: 0.1,
  priority: 2520,
  type: 'auth',
  schema,
  consumerSchema: Type.Object({ username: Type.String(), password: Type.String() }),
  encryptFields: ['password'],

  create (conf, host) {
    const gate = createAuthGate({ plugin: 'basic-auth', challenge: `Basic realm="${conf.realm}"`, anonymousConsumer: conf.anonymous_consumer, log: host.log })
    return {
      rewrite (context) {
        const { headers } = context.upstream
        const [field] = headers.lines('authorization')
        if (conf.hide_credentials) headers.delete('authorization')
        if (field === undefined) return gate.turnAway(context, missing)
        const sent = readBasicCredentials(field)
        if (sent === undefined) return gate.turnAway(context, invalid)
        const consumer = findConsumer(context, 'basic-auth', 'username', sent.username)
        // compared for nobody too, so that the time does not tell who exists
        const isTheirs = isSameSecret(consumer?.conf['password'], sent.password)
        if (consumer === undefined) return gate.turnAway(context, unknownUser)
        return isTheirs ? gate.admit(context, consumer) : gate.turnAway(context, wrongPassword)
      }
    }
  }
} satisfies Plugin<typeof schema>
