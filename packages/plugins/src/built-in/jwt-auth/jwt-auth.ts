import { StringEnum, WithDefault, isSecretReference } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose'
import { authFields, realmField } from '../../auth/auth-fields.ts'
import { createAuthGate, findConsumer } from '../../auth/auth-gate.ts'
import type { Plugin } from '../../contract/plugin.ts'
import { isFieldName } from '../../header/field-name.ts'
import { JwtCredentialSchema, type JwtCredential } from './credential.ts'
import { sentToken } from './sent-token.ts'
import { isHmac, makeVerificationKey, type VerificationKey } from './verification-key.ts'

const schema = Type.Object({
  header: WithDefault(Type.String({ default: 'authorization' })),
  query: WithDefault(Type.String({ default: 'jwt' })),
  cookie: WithDefault(Type.String({ default: 'jwt' })),
  key_claim_name: WithDefault(Type.String({ minLength: 1, default: 'key' })),
  claims_to_verify: Type.Optional(Type.Array(StringEnum(['exp', 'nbf']), { uniqueItems: true, description: 'claims that a token must have' })),
  store_in_ctx: WithDefault(Type.Boolean({ default: false, description: 'true: later plugins find the payload in the notes, under jwt_auth_payload' })),
  realm: realmField('jwt'),
  ...authFields
})

const missing = { message: 'Missing JWT token in request' }
const malformed = { message: 'JWT token invalid', detail: 'failed to parse jwt: not three base64url parts with JSON' }
const keyless = { message: 'missing user key in JWT token' }
const unknownKey = { message: 'Invalid user key in JWT token', detail: 'failed to find consumer: nobody has the key of this token' }

/**
 * Knows consumers by a signed token (RFC 7519). Who it is is read from a claim that is not verified yet; what it is verified
 * with, algorithm included, is that consumer's.
 */
export default {
  name: 'jwt-auth',
  version: 0.1,
  priority: 2510,
  type: 'auth',
  schema,
  consumerSchema: JwtCredentialSchema,
  encryptFields: ['secret'],

  check ({ header }) {
    return isFieldName(header) || isSecretReference(header) ? undefined : `invalid header: ${header}`
  },

  // what a reference stands for is judged by the workers
  checkConsumer (credential: JwtCredential) {
    const { algorithm, secret, public_key: publicKey } = credential
    if (isSecretReference(algorithm) || isSecretReference(isHmac(algorithm) ? secret : publicKey)) return undefined
    const made = makeVerificationKey(credential)
    return made.kind === 'fault' ? made.message : undefined
  },

  create (conf, host) {
    const gate = createAuthGate({ plugin: 'jwt-auth', challenge: `Bearer realm="${conf.realm}"`, anonymousConsumer: conf.anonymous_consumer, log: host.log })
    const keys = new WeakMap<JwtCredential, VerificationKey>()

    function keyOf (credential: JwtCredential): VerificationKey {
      const made = keys.get(credential) ?? makeVerificationKey(credential)
      keys.set(credential, made)
      return made
    }

    /** @returns what is wrong, for the log; undefined for a good token */
    async function faultOf (token: string, credential: JwtCredential): Promise<string | undefined> {
      const made = keyOf(credential)
      if (made.kind === 'fault') return made.message
      try {
        await jwtVerify(token, made.key, {
          algorithms: [credential.algorithm],
          currentDate: new Date(host.now()),
          clockTolerance: credential.lifetime_grace_period,
          requiredClaims: conf.claims_to_verify ?? []
        })
        return undefined
      } catch (err) {
        if (err instanceof errors.JOSEError) return err.code
        throw err
      }
    }

    return {
      rewrite (context) {
        const token = sentToken(context, conf)
        if (token === undefined) return gate.turnAway(context, missing)
        const payload = readPayload(token)
        if (payload === undefined) return gate.turnAway(context, malformed)
        const key = Object.hasOwn(payload, conf.key_claim_name) ? payload[conf.key_claim_name] : undefined
        if (key === undefined || key === null) return gate.turnAway(context, keyless)
        const consumer = findConsumer(context, 'jwt-auth', 'key', typeof key === 'string' ? key : '')
        if (consumer === undefined) return gate.turnAway(context, unknownKey)
        const credential = consumer.conf as unknown as JwtCredential // checked by its schema
        return faultOf(token, credential).then(fault => {
          if (fault !== undefined) return gate.turnAway(context, { message: 'failed to verify jwt', detail: `failed to verify jwt: ${fault}` })
          if (conf.store_in_ctx) context.notes.set('jwt_auth_payload', payload)
          return gate.admit(context, consumer)
        })
      }
    }
  }
} satisfies Plugin<typeof schema>

/** What a token says, before anybody verified it. */
function readPayload (token: string): JWTPayload | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
  try {
    decodeProtectedHeader(token)
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
