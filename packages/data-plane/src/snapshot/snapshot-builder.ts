import type { Logger } from 'pino'
import { emptyChain } from '../phases/phase-chain.ts'
import type { PluginSet } from '../phases/plugin-set.ts'
import type { CompiledRoute } from '../router/compiled-route.ts'
import { changeRoutes, emptyRouteTable, type PlacedRoute, type RouteMatcher } from '../router/route-table.ts'
import { changeNames, emptyNameTable, type PlacedResource } from '../tls/match-ssl.ts'
import type { CompiledUpstream } from '../upstream/compiled-upstream.ts'
import type { CompiledService } from './compiled-service.ts'
import { CompiledSsl } from './compiled-ssl.ts'
import type { ConfigChange, ConfigObject, Problem } from './config-object.ts'
import { ConfigOrder } from './config-order.ts'
import { ConsumerTable, type CompiledConsumer, type CompiledCredential } from './consumers.ts'
import { Dependencies } from './dependencies.ts'
import { globalChain } from './global-rules.ts'
import type { ObjectCompiler, Surroundings } from './object-compiler.ts'
import type { PluginMetadata } from './plugin-metadata.ts'
import { parseJson } from './resource-reader.ts'
import type { Snapshot } from './snapshot.ts'
import { idOf, type StoredSsl, type StoredSslReader } from './stored-ssl.ts'
import { withoutSecrets } from './without-secrets.ts'

/** What objects are compiled with; made anew when the plugins change. */
export interface Compilers {
  readonly readSsl: StoredSslReader
  readonly compiler: ObjectCompiler
  /** @returns what is wrong with the metadata */
  readonly setMetadata: (plugin: string, stored: Readonly<Record<string, unknown>>) => string | undefined
}

export interface SnapshotBuilderOptions {
  readonly routeMatcher: RouteMatcher
  readonly decryptKey: (stored: string) => string
  readonly metadata: PluginMetadata
  /** Whether a certificate that takes another's place may go live; if not, `release` is called when it may. */
  readonly isReady: (next: CompiledSsl, previous: CompiledSsl) => boolean
  readonly log: Logger
}

export interface SnapshotChange {
  readonly snapshot: Snapshot
  /** Lets go of what the new snapshot no longer has; what a request holds goes when the request ends. */
  readonly retired: ReadonlyArray<() => void>
  readonly retiredSslIds: readonly string[]
  /** Built and not ready: what was there before goes on serving until `release`. */
  readonly heldBack: readonly HeldBack[]
}

export interface HeldBack {
  readonly key: string
  readonly next: CompiledSsl
  readonly previous: CompiledSsl
}

// What an object refers to is built before it: the collections in that order.
const order = ['plugin_metadata', 'ssls', 'upstreams', 'services', 'plugin_configs', 'consumer_groups', 'consumers', 'credentials', 'global_rules', 'routes'] as const
type Collection = typeof order[number]

/** So many routes or names are taken in or out between two pauses. */
const changesAtOnce = 200

/**
 * Builds the next snapshot aside from the one that serves. An object that does not build is named and left out, or
 * stays as it was when it had built before; everything else goes on. A change is a job that pauses often, to be run with
 * `atOnce` or `inSlices`; the next begins when it has ended.
 */
export class SnapshotBuilder {
  readonly #options: SnapshotBuilderOptions
  #compilers: Compilers
  /** In configuration order: an update keeps its place. */
  readonly #objects = new Map<string, ConfigObject>()
  readonly #dependencies = new Dependencies()
  readonly #order = new ConfigOrder()
  readonly #routes = new Map<string, CompiledRoute>()
  readonly #ssls = new Map<string, CompiledSsl>()
  /** Those that are a gateway's own certificate towards upstreams. */
  readonly #clientSsls = new Map<string, StoredSsl>()
  readonly #upstreams = new Map<string, CompiledUpstream>()
  readonly #services = new Map<string, CompiledService>()
  readonly #pluginSets = new Map<string, PluginSet>()
  readonly #consumers = new Map<string, CompiledConsumer>()
  readonly #credentials = new Map<string, CompiledCredential>()
  readonly #heldBack = new Map<string, HeldBack>()
  readonly #problems = new Map<string, Problem>()
  #snapshot: Snapshot

  constructor (options: SnapshotBuilderOptions, compilers: Compilers) {
    this.#options = options
    this.#compilers = compilers
    this.#snapshot = {
      routes: emptyRouteTable(options.routeMatcher),
      upstreams: new Map(),
      consumers: new ConsumerTable(new Map(), [], new Map()),
      globals: emptyChain,
      names: emptyNameTable()
    }
  }

  get problems (): readonly Problem[] { return [...this.#problems.values()] }

  * apply (changes: readonly ConfigChange[]): SnapshotJob {
    const touched = new Touched()
    for (const change of changes) {
      if (change.kind === 'put') {
        this.#objects.set(change.object.key, change.object)
        touched.add(change.object.key)
      } else {
        this.#objects.delete(change.key)
        touched.add(change.key)
      }
    }
    return yield * this.#build(touched)
  }

  /** The whole configuration anew: what is not among the objects is gone. */
  replaceAll (objects: readonly ConfigObject[]): SnapshotJob {
    const kept = new Set(objects.map(object => object.key))
    const deletions = [...this.#objects.keys()].filter(key => !kept.has(key)).map(key => ({ kind: 'delete', key }) as const)
    const changed = objects.filter(object => isChanged(this.#objects.get(object.key), object))
    return this.apply([...deletions, ...changed.map(object => ({ kind: 'put', object }) as const)])
  }

  /** Builds every object again, because what plugins say of them changed. */
  * recompile (compilers: Compilers): SnapshotJob {
    this.#compilers = compilers
    const touched = new Touched()
    for (const key of this.#objects.keys()) touched.add(key)
    return yield * this.#build(touched)
  }

  /** What was held back goes live, unless it was replaced or removed meanwhile. */
  * release (heldBack: HeldBack): SnapshotJob {
    const touched = new Touched()
    if (this.#heldBack.get(heldBack.key) === heldBack) {
      this.#heldBack.delete(heldBack.key)
      this.#serveSsl(heldBack.key, heldBack.next, touched)
      touched.sslIds.add(heldBack.next.id)
    }
    return yield * this.#finish(touched)
  }

  * #build (touched: Touched): SnapshotJob {
    for (const collection of order) {
      for (const key of touched.of(collection)) {
        this.#buildObject(collection, key, touched)
        for (const dependent of this.#dependencies.of(key)) touched.add(dependent)
        yield
      }
    }
    return yield * this.#finish(touched)
  }

  // Whatever is wrong with one object, the others and the worker go on.
  #buildObject (collection: Collection, key: string, touched: Touched): void {
    const object = this.#objects.get(key)
    if (object === undefined) return this.#remove(collection, key, touched)
    try {
      this.#put(collection, object, touched)
      this.#problems.delete(key)
    } catch (error) {
      const reason = withoutSecrets((error as Error).message, object.secrets)
      this.#problems.set(key, { key, modRevision: object.modRevision, reason })
      this.#options.log.error({ object: key, modRevision: object.modRevision, reason }, 'failed to check item data, what was there before goes on serving')
    }
  }

  #put (collection: Collection, object: ConfigObject, touched: Touched): void {
    const { key } = object
    const { compiler } = this.#compilers
    switch (collection) {
      case 'plugin_metadata': {
        const wrong = this.#compilers.setMetadata(idOf(key), parseJson(object.value))
        if (wrong !== undefined) throw new Error(wrong)
        return
      }
      case 'ssls': return this.#putSsl(object, touched)
      case 'upstreams': return this.#putUpstream(key, compiler.upstream(object, this.#aroundOf(key)), touched)
      case 'services': {
        const { upstream, ...service } = compiler.service(object, this.#aroundOf(key))
        touched.retire(this.#services.get(key)?.set)
        this.#services.set(key, service)
        return this.#putUpstream(key, upstream, touched)
      }
      case 'plugin_configs':
      case 'consumer_groups':
      case 'global_rules': {
        const set = compiler.plugins(collection, object, this.#aroundOf(key))
        touched.retire(this.#pluginSets.get(key))
        this.#pluginSets.set(key, set)
        return
      }
      case 'consumers': {
        const consumer = compiler.consumer(object, this.#aroundOf(key))
        touched.retire(this.#consumers.get(key)?.set)
        this.#consumers.set(key, consumer)
        return
      }
      case 'credentials':
        this.#credentials.set(key, compiler.credential(object))
        return
      case 'routes': return this.#putRoute(object, touched)
    }
  }

  #putUpstream (key: string, upstream: CompiledUpstream | undefined, touched: Touched): void {
    const previous = this.#upstreams.get(key)
    if (previous?.kind === 'ready') touched.retired.push(() => previous.close())
    if (upstream === undefined) this.#upstreams.delete(key)
    else this.#upstreams.set(key, upstream)
  }

  #putRoute (object: ConfigObject, touched: Touched): void {
    const { key } = object
    const place = this.#order.placeOf(key) // also that of one that fails
    const route = this.#compilers.compiler.route(object, this.#aroundOf(key))
    this.#dropRoute(key, touched)
    touched.routes.added.push({ route, place })
    this.#routes.set(key, route)
  }

  #dropRoute (key: string, touched: Touched): void {
    const previous = this.#routes.get(key)
    if (previous === undefined) return
    touched.retired.push(() => previous.retire())
    touched.routes.removed.push(previous)
    this.#routes.delete(key)
  }

  /** @param next - undefined when nothing of it serves */
  #serveSsl (key: string, next: CompiledSsl | undefined, touched: Touched): void {
    const previous = this.#ssls.get(key)
    if (previous !== undefined) touched.names.removed.push(previous)
    if (next === undefined) {
      this.#ssls.delete(key)
      return
    }
    touched.names.added.push({ resource: next, place: this.#order.placeOf(key) })
    this.#ssls.set(key, next)
  }

  #putSsl (object: ConfigObject, touched: Touched): void {
    const { key } = object
    this.#order.placeOf(key)
    const { readSsl } = this.#compilers
    const stored = storedSsl(readSsl, object)
    const { id, ssl, ignored } = stored
    if (ignored.length > 0) this.#options.log.warn({ object: key, ignored }, 'ssl is served without what no loaded plugin knows')
    if (ssl.type === 'client') this.#clientSsls.set(key, stored)
    else this.#clientSsls.delete(key)
    if (ssl.type === 'client' || ssl.status === 0) {
      this.#serveSsl(key, undefined, touched)
    } else {
      const next = new CompiledSsl(stored, () => storedSsl(readSsl, object).ssl, this.#options.decryptKey)
      const previous = this.#ssls.get(key)
      if (previous?.isSameAs(next) === true) return // its endpoints and sessions live on
      if (previous !== undefined && !this.#options.isReady(next, previous)) {
        const heldBack = { key, next, previous }
        this.#heldBack.set(key, heldBack)
        touched.heldBack.push(heldBack)
        return
      }
      this.#heldBack.delete(key)
      this.#serveSsl(key, next, touched)
    }
    touched.sslIds.add(id)
  }

  #remove (collection: Collection, key: string, touched: Touched): void {
    this.#problems.delete(key)
    this.#dependencies.set(key, [])
    switch (collection) {
      case 'plugin_metadata': return this.#options.metadata.delete(idOf(key))
      case 'ssls':
        this.#heldBack.delete(key)
        this.#order.forget(key)
        this.#clientSsls.delete(key)
        touched.sslIds.add(idOf(key))
        this.#serveSsl(key, undefined, touched)
        return
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

  // What an object asks for while it is built is what it depends on.
  #aroundOf (dependent: string): Surroundings {
    const targets: string[] = []
    const lookUp = <Value>(key: string, table: ReadonlyMap<string, Value>): Value | undefined => {
      targets.push(key)
      this.#dependencies.set(dependent, targets)
      return table.get(key)
    }
    this.#dependencies.set(dependent, targets)
    return {
      service: id => lookUp(`services/${id}`, this.#services),
      pluginConfig: id => lookUp(`plugin_configs/${id}`, this.#pluginSets),
      ssl: id => lookUp(`ssls/${id}`, this.#clientSsls)?.ssl ?? this.#readSsl(`ssls/${id}`)
    }
  }

  #readSsl (key: string): StoredSsl['ssl'] | undefined {
    const object = this.#objects.get(key)
    const read = object === undefined ? undefined : this.#compilers.readSsl(object)
    return read?.kind === 'ssl' ? read.stored.ssl : undefined
  }

  * #finish (touched: Touched): SnapshotJob {
    const before = this.#snapshot
    const routes = yield * inParts(before.routes, touched.routes, changeRoutes)
    const names = yield * inParts(before.names, touched.names, changeNames)
    this.#snapshot = {
      routes,
      names,
      upstreams: touched.has('upstreams', 'services') ? new Map(this.#upstreams) : before.upstreams,
      consumers: touched.has('consumers', 'credentials', 'consumer_groups') ? this.#consumerTable() : before.consumers,
      globals: touched.has('global_rules') ? this.#globals() : before.globals
    }
    return { snapshot: this.#snapshot, retired: touched.retired, retiredSslIds: [...touched.sslIds], heldBack: touched.heldBack }
  }

  #consumerTable (): ConsumerTable {
    const byUsername = new Map([...this.#consumers.values()].map(compiled => [compiled.consumer.username, compiled]))
    const groups = new Map(this.#setsOf('consumer_groups').map(([key, set]) => [idOf(key), set]))
    return new ConsumerTable(byUsername, [...this.#credentials.values()], groups)
  }

  #globals (): Snapshot['globals'] {
    return globalChain(this.#setsOf('global_rules').map(([, set]) => set), plugin => {
      this.#options.log.error({ plugin }, `Found ${plugin} configured across different global rules. Removing it from execution list`)
    })
  }

  #setsOf (collection: Collection): Array<[string, PluginSet]> {
    return [...this.#pluginSets].filter(([key]) => collectionOf(key) === collection)
  }
}

export type SnapshotJob = Generator<void, SnapshotChange>

/** What one change comes to: the objects to build, and what is let go of when the next snapshot serves. */
class Touched {
  readonly #keys = new Map<Collection, Set<string>>()
  readonly retired: Array<() => void> = []
  readonly routes: TableChange<CompiledRoute, PlacedRoute<CompiledRoute>> = { removed: [], added: [] }
  readonly names: TableChange<CompiledSsl, PlacedResource<CompiledSsl>> = { removed: [], added: [] }
  readonly sslIds = new Set<string>()
  readonly heldBack: HeldBack[] = []

  add (key: string): void {
    const collection = collectionOf(key)
    if (collection === undefined) return
    const keys = this.#keys.get(collection)
    if (keys === undefined) this.#keys.set(collection, new Set([key]))
    else keys.add(key)
  }

  of (collection: Collection): ReadonlySet<string> {
    return this.#keys.get(collection) ?? new Set()
  }

  has (...collections: readonly Collection[]): boolean {
    return collections.some(collection => this.#keys.has(collection))
  }

  retire (set: PluginSet | undefined): void {
    if (set !== undefined) this.retired.push(() => set.release())
  }
}

function collectionOf (key: string): Collection | undefined {
  const [collection, , below] = key.split('/')
  if (collection === 'consumers' && below !== undefined) return below === 'credentials' ? 'credentials' : undefined
  if (below !== undefined) return undefined
  return order.find(known => known === collection)
}

// A secret in it may have changed where the object itself did not.
function isChanged (before: ConfigObject | undefined, object: ConfigObject): boolean {
  return before?.modRevision !== object.modRevision || before.value !== object.value
}

/** @throws Error with the reason */
function storedSsl (read: StoredSslReader, object: ConfigObject): StoredSsl {
  const result = read(object)
  if (result.kind === 'invalid') throw new Error(result.reason)
  return result.stored
}

interface TableChange<Old, New> {
  readonly removed: Old[]
  readonly added: New[]
}

// A table in between is nobody's: what is removed may come back a part later.
function * inParts<Table, Old, New> (
  before: Table, { removed, added }: TableChange<Old, New>, change: (table: Table, removed: readonly Old[], added: readonly New[]) => Table
): Generator<void, Table> {
  let table = before
  for (let at = 0; at < Math.max(removed.length, added.length); at += changesAtOnce) {
    table = change(table, removed.slice(at, at + changesAtOnce), added.slice(at, at + changesAtOnce))
    yield
  }
  return table
}
