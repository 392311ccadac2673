import { Type, type Static } from '@sinclair/typebox'
import { WithDefault } from '../with-default.ts'
import { ApisixConfigSchema } from './apisix.ts'
import { ClinchConfigSchema } from './clinch.ts'
import { DeploymentSchema } from './deployment.ts'
import { NginxConfigSchema } from './nginx.ts'

/** What is loaded when config.yaml has no list of its own; a list there replaces this one as a whole. */
export const defaultPlugins = [
  'real-ip', 'client-control', 'request-id', 'fault-injection', 'mocking', 'serverless-pre-function', 'cors',
  'ip-restriction', 'ua-restriction', 'referer-restriction', 'uri-blocker', 'basic-auth', 'jwt-auth', 'key-auth',
  'consumer-restriction', 'proxy-rewrite', 'limit-conn', 'limit-count', 'limit-req', 'traffic-split', 'redirect',
  'response-rewrite', 'prometheus', 'http-logger', 'file-logger', 'serverless-post-function'
] as const

/**
 * The whole of config.yaml after it was merged over the defaults, which are the `default`s of this schema. A key that
 * is not here is a mistake and stops the start.
 */
export const ConfigSchema = Type.Object({
  apisix: WithDefault(ApisixConfigSchema),
  nginx_config: WithDefault(NginxConfigSchema),
  plugins: WithDefault(Type.Unsafe<string[] | null>({
    anyOf: [{ type: 'array', items: { type: 'string', minLength: 1 } }, { type: 'null' }], default: [...defaultPlugins], description: 'the plugins to load: built-in names, npm packages, paths; `~` loads none'
  })),
  stream_plugins: Type.Optional(Type.Unsafe<string[] | null>({ anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }], description: 'plugins for TCP and UDP' })),
  plugin_attr: WithDefault(Type.Unsafe<Record<string, Record<string, unknown>>>({
    type: 'object', additionalProperties: { type: 'object' }, default: {}, description: 'by the name of a plugin, its settings for the whole machine; see below'
  })),
  graphql: Type.Optional(Type.Object({ max_size: Type.Optional(Type.Integer({ minimum: 1, description: 'octets of a request that `graphql_*` variables are read from; 1 MiB without it' })) })),
  deployment: WithDefault(DeploymentSchema),
  clinch: WithDefault(ClinchConfigSchema),
  'ext-plugin': Type.Optional(Type.Object({}, { description: 'plugin runners of APISIX' })),
  wasm: Type.Optional(Type.Object({}, { description: 'plugins in WebAssembly' })),
  xrpc: Type.Optional(Type.Object({}, { description: 'protocols over TCP' })),
  discovery: Type.Optional(Type.Object({}, { description: 'service discovery' }))
}, { additionalProperties: false })
export type Config = Static<typeof ConfigSchema>
