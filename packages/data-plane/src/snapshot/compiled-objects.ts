import type { Logger } from 'pino'
import type { PluginSet } from '../phases/plugin-set.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import type { PlacedRoute } from '../router/route-table.ts'
import type { CompiledUpstream } from '../upstream/compiled-upstream.ts'
import { collectionOf, type Collection } from './collections.ts'
import type { CompiledService } from './compiled-service.ts'
import type { ConfigObject } from './config-object.ts'
import { ConfigOrder } from './config-order.ts'
import { ConsumerTable, type CompiledConsumer, type CompiledCredential } from './consumers.ts'
import { globalChain } from './global-rules.ts'
import type { ObjectCompiler, Surroundings } from './object-compiler.ts'
import type { PluginMetadata } from './plugin-metadata.ts'
import { parseJson } from './resource-reader.ts'
import type { Snapshot } from './snapshot.ts'
import { SslObjects, type HeldBack, type SslObjectsOptions } from './ssl-objects.ts'
import { idOf, type StoredSslReader } from './stored-ssl.ts'
import type { Touched } from './touched.ts'

/** What objects are compiled with; made anew when the plugins change. */
export interface Compilers {
  readonly readSsl: StoredSslReader
  readonly compiler: ObjectCompiler
  /** @returns what is wrong with the metadata */
  readonly setMetadata: (plugin: string, stored: Readonly<Record<string, unknown>>) => string | undefined
}

export interface CompiledObjectsOptions extends SslObjectsOptions {
  readonly metadata: PluginMetadata
  readonly log: Logger
}

/** How an object gets at those that it refers to. */
export type References = Pick<Surroundings, 'ssl'> & {
  /** Told of each key that is asked for. */
  readonly asked: (key: string) => void
}

/** Every object of the configuration as it was last built, by key. */
export class CompiledObjects {
  readonly #options: CompiledObjectsOptions
  readonly #order = new ConfigOrder()
  readonly #ssls: SslObjects
  readonly #routes = new Map<string, CompiledRoute>()
  readonly #upstreams = new Map<string, CompiledUpstream>()
  readonly #services = new Map<string, CompiledService>()
  readonly #pluginSets = new Map<string, PluginSet>()
  readonly #consumers = new Map<string, CompiledConsumer>()
  readonly #credentials = new Map<string, CompiledCredential>()

  constructor (options: CompiledObjectsOptions) {
    this.#options = options
    this.#ssls = new SslObjects(options)
  }

  /** @throws Error with the reason; what there was before stays */
  put (collection: Collection, object: ConfigObject, compilers: Compilers, references: References, touched: Touched): void {
    const { key } = object
    const { compiler } = compilers
    const around = this.#around(references)
    switch (collection) {
      case 'plugin_metadata': {
        const wrong = compilers.setMetadata(idOf(key), parseJson(object.value))
        if (wrong !== undefined) throw new Error(wrong)
        return
      }
      case 'ssls': return this.#ssls.put(object, compilers.readSsl, touched)
      case 'upstreams': return this.#putUpstream(key, compiler.upstream(object, around), touched)
      case 'services': {
        const { upstream, ...service } = compiler.service(object, around)
        touched.retire(this.#services.get(key)?.set)
        this.#services.set(key, service)
        return this.#putUpstream(key, upstream, touched)
      }
      case 'plugin_configs':
      case 'consumer_groups':
      case 'global_rules': {
        const set = compiler.plugins(collection, object, around)
        touched.retire(this.#pluginSets.get(key))
        this.#pluginSets.set(key, set)
        return
      }
      case 'consumers': {
        const consumer = compiler.consumer(object, around)
        touched.retire(this.#consumers.get(key)?.set)
        this.#consumers.set(key, consumer)
        return
      }
      case 'credentials':
        this.#credentials.set(key, compiler.credential(object))
        return
      case 'routes': {
        const place = this.#order.placeOf(key) // also that of one that fails
        return this.#putRoute(key, { place, route: compiler.route(object, around) }, touched)
      }
    }
  }

  remove (collection: Collection, key: string, touched: Touched): void {
    switch (collection) {
      case 'plugin_metadata': return this.#options.metadata.delete(idOf(key))
      case 'ssls': return this.#ssls.remove(key, touched)
      case 'upstreams': return this.#putUpstream(key, undefined, touched)
      case 'services':
        touched.retire(this.#services.get(key)?.set)
        this.#services.delete(key)
        return this.#putUpstream(key, undefined, touched)
      case 'plugin_configs':
      case 'consumer_groups':
      case 'global_rules':
        touched.retire(this.#pluginSets.get(key))
        this.#pluginSets.delete(key)
        return
      case 'consumers':
        touched.retire(this.#consumers.get(key)?.set)
        this.#consumers.delete(key)
        return
      case 'credentials':
        this.#credentials.delete(key)
        return
      case 'routes':
        this.#order.forget(key)
        this.#dropRoute(key, touched)
    }
  }

  release (heldBack: HeldBack, touched: Touched): void {
    this.#ssls.release(heldBack, touched)
  }

  upstreams (): Snapshot['upstreams'] { return new Map(this.#upstreams) }

  consumers (): ConsumerTable {
    const byUsername = new Map([...this.#consumers.values()].map(compiled => [compiled.consumer.username, compiled]))
    const groups = new Map(this.#setsOf('consumer_groups').map(([key, set]) => [idOf(key), set]))
    return new ConsumerTable(byUsername, [...this.#credentials.values()], groups)
  }

  globals (): Snapshot['globals'] {
    return globalChain(this.#setsOf('global_rules').map(([, set]) => set), plugin => {
      this.#options.log.error({ plugin }, `Found ${plugin} configured across different global rules. Removing it from execution list`)
    })
  }

  #putUpstream (key: string, upstream: CompiledUpstream | undefined, touched: Touched): void {
    const previous = this.#upstreams.get(key)
    if (previous?.kind === 'ready') touched.retired.push(() => previous.close())
    if (upstream === undefined) this.#upstreams.delete(key)
    else this.#upstreams.set(key, upstream)
  }

  #putRoute (key: string, placed: PlacedRoute<CompiledRoute>, touched: Touched): void {
    this.#dropRoute(key, touched)
    touched.routes.added.push(placed)
    this.#routes.set(key, placed.route)
  }

  #dropRoute (key: string, touched: Touched): void {
    const previous = this.#routes.get(key)
    if (previous === undefined) return
    touched.retired.push(() => previous.retire())
    touched.routes.removed.push(previous)
    this.#routes.delete(key)
  }

  #around ({ asked, ssl }: References): Surroundings {
    const lookUp = <Value>(key: string, table: ReadonlyMap<string, Value>): Value | undefined => {
      asked(key)
      return table.get(key)
    }
    return {
      service: id => lookUp(`services/${id}`, this.#services),
      pluginConfig: id => lookUp(`plugin_configs/${id}`, this.#pluginSets),
      ssl: id => lookUp(`ssls/${id}`, this.#ssls.clients)?.ssl ?? ssl(id)
    }
  }

  #setsOf (collection: Collection): Array<[string, PluginSet]> {
    return [...this.#pluginSets].filter(([key]) => collectionOf(key) === collection)
  }
}
