import type { CreateHost, PluginCatalog, PluginHost } from '@clinch/plugins'
import type { Route, Ssl, Upstream } from '@clinch/schema'
import type { Logger } from 'pino'
import { isDisabled } from '../phases/plugin-instance.ts'
import { makePluginSet, type PluginSet } from '../phases/plugin-set.ts'
import { CompiledRoute, type RouteRefusal } from '../router/compiled-route.ts'
import { readConditions } from '../router/route-conditions.ts'
import { compileUpstream, type ClientKeyPair, type CompiledUpstream } from '../upstream/compiled-upstream.ts'
import { CompiledPluginUpstream } from '../upstream/plugin-upstream.ts'
import type { UpstreamCommons } from '../upstream/upstream-commons.ts'
import type { UpstreamRef } from '../upstream/upstream-ref.ts'
import { withService, type CompiledService } from './compiled-service.ts'
import type { ConfigObject } from './config-object.ts'
import type { AuthConfs, CompiledConsumer, CompiledCredential } from './consumers.ts'
import { UnusableObject, readResource } from './resource-reader.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface ObjectMakings {
  readonly catalog: PluginCatalog
  readonly hostOf: (plugin: string) => PluginHost
  readonly upstreams: UpstreamCommons
  /** A stored private key in PEM; throws when no entry of the keyring fits. */
  readonly decryptKey: (stored: string) => string
  /** Told of what is served, but not quite as it is written. */
  readonly log: Logger
}

/** What the objects that one refers to are by now; undefined for what is missing. */
export interface Surroundings {
  service (id: string): CompiledService | undefined
  pluginConfig (id: string): PluginSet | undefined
  ssl (id: string): Ssl | undefined
}

/**
 * Makes of a stored object what the data plane works with; everything that depends on configuration only is done
 * here. Each method throws UnusableObject, and then nothing is held.
 */
export class ObjectCompiler {
  readonly #makings: ObjectMakings

  constructor (makings: ObjectMakings) {
    this.#makings = makings
  }

  upstream (object: ConfigObject, around: Surroundings): CompiledUpstream {
    return this.#compileUpstream(readResource('upstreams', object), undefined, object.key, around)
  }

  /** @returns its upstream, too, when one is embedded in it */
  service (object: ConfigObject, around: Surroundings): CompiledService & { readonly upstream: CompiledUpstream | undefined } {
    const service = readResource('services', object)
    if (service.script !== undefined) throw new UnusableObject('failed to load script: Lua is not supported')
    const set = this.#pluginSet(service.plugins, object.key, around)
    const upstream = service.upstream === undefined || service.upstream_id !== undefined ? undefined : this.#compileUpstream(service.upstream, undefined, object.key, around)
    return { service, set, upstream }
  }

  /** Of a plugin config, consumer group or global rule. */
  plugins (collection: 'plugin_configs' | 'consumer_groups' | 'global_rules', object: ConfigObject, around: Surroundings): PluginSet {
    return this.#pluginSet(readResource(collection, object).plugins, object.key, around)
  }

  consumer (object: ConfigObject, around: Surroundings): CompiledConsumer {
    const consumer = readResource('consumers', object)
    const { auth, others } = this.#splitAuth(consumer.plugins ?? {}, object)
    return { consumer, auth, set: this.#pluginSet(others, object.key, around) }
  }

  credential (object: ConfigObject): CompiledCredential {
    const { plugins = {} } = readResource('credentials', object)
    const [, username = '', , credentialId = ''] = object.key.split('/')
    return { username, credentialId, auth: this.#splitAuth(plugins, object).auth }
  }

  /**
   * A route is unusable when it could not be judged by its conditions, or when a loaded plugin of it cannot be made:
   * served without, it would let through what that plugin was there to stop. A plugin that is not loaded is left out,
   * as in APISIX. What it refers to may be missing: it then answers so.
   */
  route (object: ConfigObject, around: Surroundings): CompiledRoute {
    const stored = readResource('routes', object)
    const service = stored.service_id === undefined ? undefined : around.service(String(stored.service_id))
    const pluginConfig = stored.plugin_config_id === undefined ? undefined : around.pluginConfig(String(stored.plugin_config_id))
    const route = service === undefined ? stored : withService(stored, service.service)
    const read = readConditions(route)
    if (read.kind === 'refused') throw new UnusableObject(read.reason)
    const own = this.#pluginSet(route.plugins, object.key, around)
    return new CompiledRoute({
      route,
      service: service?.service,
      conditions: read.conditions,
      sets: [service?.set.hold(), pluginConfig?.hold(), own].filter(set => set !== undefined),
      upstream: this.#upstreamOf(route, service, object.key, around),
      refusal: refusalOf(stored, service, pluginConfig)
    })
  }

  #upstreamOf (route: Route, service: CompiledService | undefined, key: string, around: Surroundings): UpstreamRef {
    const { timeout } = route
    if (route.upstream_id !== undefined) return { kind: 'shared', key: `upstreams/${route.upstream_id}`, timeout }
    if (route.upstream !== undefined) return { kind: 'own', upstream: this.#compileUpstream(route.upstream, timeout, key, around) }
    if (service?.service.upstream !== undefined) return { kind: 'shared', key: `services/${route.service_id}`, timeout }
    return { kind: 'none' }
  }

  #compileUpstream (upstream: Upstream, timeout: Route['timeout'], key: string, around: Surroundings): CompiledUpstream {
    const { upstreams: commons, log } = this.#makings
    const compiled = compileUpstream(key, this.#withOpenKey(upstream), timeout, { commons, clientCertificate: id => this.#clientCertificate(id, around) })
    if (compiled.kind === 'unusable') log.warn({ object: key }, compiled.reason)
    return compiled
  }

  // The key of an upstream's client certificate is stored encrypted, as those of ssl resources are.
  #withOpenKey (upstream: Upstream): Upstream {
    if (upstream.tls?.client_key === undefined) return upstream
    return { ...upstream, tls: { ...upstream.tls, client_key: this.#openKey(upstream.tls.client_key) } }
  }

  #openKey (stored: string): string {
    try {
      return this.#makings.decryptKey(stored)
    } catch (error) {
      throw new UnusableObject((error as Error).message)
    }
  }

  #clientCertificate (id: string, around: Surroundings): ClientKeyPair | string {
    const ssl = around.ssl(id)
    if (ssl?.cert === undefined || ssl.key === undefined) return `ssl id [${id}] not exits`
    if (ssl.type !== 'client') return 'ssl type should be \'client\''
    return { certPem: ssl.cert, keyPem: this.#openKey(ssl.key) }
  }

  #pluginSet (plugins: Readonly<Record<string, unknown>> | undefined, ownerKey: string, around: Surroundings): PluginSet {
    const { catalog, hostOf } = this.#makings
    const compilerFor = (plugin: string): CreateHost['compileUpstream'] => {
      let made = 0
      return upstream => new CompiledPluginUpstream(this.#compileUpstream(upstream, undefined, `${ownerKey}#${plugin}-${++made}`, around))
    }
    const makings = { catalog, hostOf: (plugin: string): CreateHost => ({ ...hostOf(plugin), compileUpstream: compilerFor(plugin) }) }
    const { set, problems } = makePluginSet(plugins ?? {}, { ownerKey }, makings)
    const fatal = problems.find(({ level }) => level === 'error')
    if (fatal !== undefined) {
      set.release()
      throw new UnusableObject(fatal.message)
    }
    for (const { plugin, message } of problems) this.#makings.log.warn({ object: ownerKey, plugin }, message)
    return set
  }

  #splitAuth (plugins: Readonly<Record<string, unknown>>, { key, secrets }: ConfigObject): { auth: AuthConfs, others: Record<string, unknown> } {
    const auth = new Map<string, Readonly<Record<string, unknown>>>()
    const others: Record<string, unknown> = {}
    for (const [plugin, conf] of Object.entries(plugins)) {
      const loaded = this.#makings.catalog.get(plugin)
      if (loaded?.plugin.type !== 'auth') {
        others[plugin] = conf
        continue
      }
      if (isDisabled(conf)) continue
      const checked = loaded.checkConsumerConf(conf)
      if (checked.kind === 'valid') auth.set(plugin, checked.conf)
      else this.#makings.log.error({ object: key, plugin }, `failed to check the configuration of plugin ${plugin} err: ${withoutSecrets(checked.message, secrets)}`)
    }
    return { auth, others }
  }
}

function refusalOf ({ service_id: serviceId, plugin_config_id: configId }: Route, service: CompiledService | undefined, pluginConfig: PluginSet | undefined): RouteRefusal | undefined {
  if (configId !== undefined && pluginConfig === undefined) return { status: 503, reason: `failed to fetch plugin config by id: ${configId}` }
  if (serviceId !== undefined && service === undefined) return { status: 404, reason: `failed to fetch service configuration by id: ${serviceId}` }
  return undefined
}
