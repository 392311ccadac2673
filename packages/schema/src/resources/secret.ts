import { Type, type Static } from '@sinclair/typebox'
import { WithDefault } from '../with-default.ts'
import { TimeSchema } from './shared.ts'

const urlPattern = '^[^\\/]+:\\/\\/([\\da-zA-Z.-]+|\\[[\\da-fA-F:]+\\])(:\\d+)?'

const storedMembers = {
  id: Type.Optional(Type.String({ description: '`{manager}/{id}`' })),
  create_time: Type.Optional(TimeSchema),
  update_time: Type.Optional(TimeSchema)
}

const VaultSchema = Type.Object({
  ...storedMembers,
  uri: Type.String({ pattern: urlPattern }),
  prefix: Type.String({ description: 'the mount and path that keys are below' }),
  token: Type.String(),
  namespace: Type.Optional(Type.String())
})

const AwsSchema = Type.Object({
  ...storedMembers,
  access_key_id: Type.String(),
  secret_access_key: Type.String(),
  session_token: Type.Optional(Type.String()),
  region: WithDefault(Type.String({ default: 'us-east-1' })),
  endpoint_url: Type.Optional(Type.String({ pattern: urlPattern }))
})

const GcpSchema = Type.Object({
  ...storedMembers,
  auth_config: Type.Optional(Type.Object({
    client_email: Type.String(),
    private_key: Type.String(),
    project_id: Type.String(),
    token_uri: WithDefault(Type.String({ default: 'https://oauth2.googleapis.com/token' })),
    scope: WithDefault(Type.Array(Type.String(), { default: ['https://www.googleapis.com/auth/cloud-platform'] })),
    entries_uri: WithDefault(Type.String({ default: 'https://secretmanager.googleapis.com/v1' }))
  })),
  auth_file: Type.Optional(Type.String()),
  ssl_verify: WithDefault(Type.Boolean({ default: true }))
}, { oneOf: [{ required: ['auth_config'] }, { required: ['auth_file'] }] })

/** Where `$secret://{manager}/{id}/…` looks, by manager. Unknown members are allowed. */
export const secretManagerSchemas = { vault: VaultSchema, aws: AwsSchema, gcp: GcpSchema } as const

export type SecretManagerName = keyof typeof secretManagerSchemas
export type VaultSecret = Static<typeof VaultSchema>
export type AwsSecret = Static<typeof AwsSchema>
export type GcpSecret = Static<typeof GcpSchema>

export function isSecretManager (name: string): name is SecretManagerName {
  return Object.hasOwn(secretManagerSchemas, name)
}
