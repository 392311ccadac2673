import { isIP } from 'node:net'
import { normalizeNodes, type ConfigObject } from '@clinch/data-plane'
import type { PluginCatalog } from '@clinch/plugins'
import { compileValidator, resourceKinds, type Upstream } from '@clinch/schema'

type JsonObject = Readonly<Record<string, unknown>>

export interface RuntimeObject {
  readonly key: string
  readonly createdIndex: number
  readonly modifiedIndex: number
  /** On routes only. */
  readonly orig_modifiedIndex?: number
  /** Does an upstream node have a name in place of an address? */
  readonly has_domain: boolean
  readonly value: JsonObject
}

/**
 * An object as it is in force: with the defaults of its schema and of its plugins, nodes as a list, and without the
 * private key of an upstream, as nobody is asked for a key here. Undefined for one that does not fit its schema.
 */
export function runtimeObjectOf (object: ConfigObject, collection: 'routes' | 'services' | 'upstreams', { prefix, catalog }: { readonly prefix: string, readonly catalog: () => PluginCatalog }): RuntimeObject | undefined {
  const { key, createRevision: createdIndex, modRevision: modifiedIndex } = object
  const stored = parse(object.value)
  const checked = compileValidator(resourceKinds[collection].schema, { fillDefaults: true })(stored)
  if (checked.kind === 'invalid') return undefined
  const conf = checked.value as JsonObject // the schemas are of objects
  const id = key.slice(key.indexOf('/') + 1)
  const embedded = (collection === 'upstreams' ? conf : conf['upstream']) as Upstream | undefined // valid by its schema
  const upstream = embedded === undefined ? undefined : inForce(embedded)
  const value = {
    ...conf,
    ...(collection === 'upstreams' ? upstream : upstream === undefined ? {} : { upstream }),
    ...(conf['plugins'] === undefined ? {} : { plugins: pluginsInForce(conf['plugins'] as JsonObject, catalog()) }),
    id
  }
  const hosts = embedded === undefined ? [] : normalizeNodes(embedded.nodes, embedded.scheme).map(({ host }) => host)
  return {
    key: `${prefix}/${key}`,
    createdIndex,
    modifiedIndex,
    ...(collection === 'routes' ? { orig_modifiedIndex: modifiedIndex } : {}),
    has_domain: hosts.some(host => isIP(host) === 0),
    value
  }
}

function inForce (upstream: Upstream): JsonObject {
  const { nodes, tls } = upstream
  const list = normalizeNodes(nodes, upstream.scheme).map(({ host, port, weight, priority }, index) =>
    Array.isArray(nodes) ? { ...nodes[index], host, port, weight, priority } : { host, port, weight })
  const { client_key: _secret, ...shownTls } = tls ?? {}
  return { ...upstream, ...(nodes === undefined ? {} : { nodes: list }), ...(tls === undefined ? {} : { tls: shownTls }) }
}

// A plugin that is not loaded, or does not take its configuration, is shown as it is stored.
function pluginsInForce (plugins: JsonObject, catalog: PluginCatalog): JsonObject {
  return Object.fromEntries(Object.entries(plugins).map(([name, conf]) => {
    const loaded = catalog.get(name)
    const checked = loaded === undefined ? undefined : compileValidator(loaded.schema, { fillDefaults: true })(conf)
    const shown = (checked?.kind === 'valid' ? checked.value : conf) as JsonObject
    return [name, { ...shown, _meta: shown['_meta'] ?? {} }]
  }))
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
