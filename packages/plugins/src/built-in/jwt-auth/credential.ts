import { StringEnum, WithDefault } from '@clinch/schema'
import { Type, type Static } from '@sinclair/typebox'

export const algorithms = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const
export type Algorithm = typeof algorithms[number]

/** What a consumer or credential holds for `jwt-auth`. */
export const JwtCredentialSchema = Type.Object({
  key: Type.String({ minLength: 1 }),
  secret: Type.Optional(Type.String({ minLength: 1, description: 'needed for HS256, HS384 and HS512' })),
  algorithm: WithDefault(StringEnum(algorithms, { default: 'HS256' })),
  public_key: Type.Optional(Type.String({ description: 'PEM, needed for all but HS256, HS384 and HS512' })),
  exp: WithDefault(Type.Integer({ minimum: 1, default: 86400, description: 'seconds; for those who issue tokens' })),
  base64_secret: WithDefault(Type.Boolean({ default: false })),
  lifetime_grace_period: WithDefault(Type.Integer({ minimum: 0, default: 0, description: 'seconds by which clocks may differ' }))
})
export type JwtCredential = Static<typeof JwtCredentialSchema>
