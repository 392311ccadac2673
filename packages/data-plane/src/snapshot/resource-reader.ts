import {
  ConsumerGroupSchema, ConsumerSchema, CredentialSchema, GlobalRuleSchema, PluginConfigSchema, RouteSchema, ServiceSchema, UpstreamSchema, compileValidator,
  type Consumer, type ConsumerGroup, type Credential, type GlobalRule, type PluginConfig, type Route, type Service, type Upstream
} from '@clinch/schema'
import type { ConfigObject } from './config-object.ts'

/** What is stored, by collection, as the data plane works with it: checked, with its defaults, its id taken from its key. */
export interface StoredResources {
  routes: Route
  services: Service
  upstreams: Upstream
  plugin_configs: PluginConfig
  consumers: Consumer
  credentials: Credential
  consumer_groups: ConsumerGroup
  global_rules: GlobalRule
}

const schemas = {
  routes: RouteSchema,
  services: ServiceSchema,
  upstreams: UpstreamSchema,
  plugin_configs: PluginConfigSchema,
  consumers: ConsumerSchema,
  credentials: CredentialSchema,
  consumer_groups: ConsumerGroupSchema,
  global_rules: GlobalRuleSchema
} as const satisfies Record<keyof StoredResources, unknown>

export class UnusableObject extends Error {
  override readonly name = 'UnusableObject'
}

/** @throws UnusableObject with the reason for the log */
export function readResource<Collection extends keyof StoredResources> (collection: Collection, object: ConfigObject): StoredResources[Collection] {
  const parsed = parseJson(object.value)
  const id = object.key.slice(object.key.lastIndexOf('/') + 1)
  const checked = validators[collection](collection === 'consumers' ? { ...parsed, username: id } : { ...parsed, id })
  if (checked.kind === 'invalid') throw new UnusableObject(checked.issue.message)
  return checked.value as StoredResources[Collection] // the validator is that collection's
}

export function parseJson (text: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new UnusableObject(`not JSON: ${(error as Error).message}`)
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>
  throw new UnusableObject('not a JSON object')
}

const validators = Object.fromEntries(Object.entries(schemas).map(([collection, schema]) =>
  [collection, compileValidator(schema, { fillDefaults: true })])) as Record<keyof StoredResources, ReturnType<typeof compileValidator>>
