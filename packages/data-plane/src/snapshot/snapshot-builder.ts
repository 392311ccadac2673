import { RouteSchema, compileValidator, type Route } from '@clinch/schema'
import type { Logger } from 'pino'
import type { CompiledRoute, RouteResult } from '../router/compile-route.ts'
import { buildRouteTable, type RouteMatcher, type RouteTable } from '../router/route-table.ts'
import { buildNameTable, type NameTable } from '../tls/match-ssl.ts'
import { CompiledSsl } from './compiled-ssl.ts'
import type { ConfigChange, ConfigObject, Problem } from './config-object.ts'
import { idOf, type StoredSslReader } from './stored-ssl.ts'

/** What requests and handshakes read: immutable, replaced as a whole. */
export interface Snapshot {
  readonly routes: RouteTable<CompiledRoute>
  readonly names: NameTable<CompiledSsl>
}

/** What objects are compiled with; made anew when the plugins change. */
export interface Compilers {
  readonly readSsl: StoredSslReader
  readonly compileRoute: (route: Route) => RouteResult
}

export interface SnapshotBuilderOptions {
  readonly routeMatcher: RouteMatcher
  readonly decryptKey: (stored: string) => string
  /** Whether a certificate that takes another's place may go live; if not, `release` is called when it may. */
  readonly isReady: (next: CompiledSsl, previous: CompiledSsl) => boolean
  readonly log: Logger
}

export interface SnapshotChange {
  readonly snapshot: Snapshot
  /** Compiled objects that the new snapshot no longer has; to be let go when their last request ended. */
  readonly retiredRoutes: readonly CompiledRoute[]
  readonly retiredSslIds: readonly string[]
  /** Built and not ready: what was there before goes on serving until `release`. */
  readonly heldBack: readonly HeldBack[]
}

export interface HeldBack {
  readonly key: string
  readonly next: CompiledSsl
  readonly previous: CompiledSsl
}

const validateRoute = compileValidator(RouteSchema, { fillDefaults: true })

/**
 * Builds the next snapshot aside from the one that serves. An object that does not build is named and left out, or
 * stays as it was when it had built before; everything else goes on.
 */
export class SnapshotBuilder {
  readonly #options: SnapshotBuilderOptions
  #compilers: Compilers
  /** In configuration order: an update keeps its place. */
  readonly #objects = new Map<string, ConfigObject>()
  readonly #routes = new Map<string, CompiledRoute | undefined>()
  readonly #ssls = new Map<string, CompiledSsl | undefined>()
  readonly #heldBack = new Map<string, HeldBack>()
  readonly #problems = new Map<string, Problem>()
  #snapshot: Snapshot

  constructor (options: SnapshotBuilderOptions, compilers: Compilers) {
    this.#options = options
    this.#compilers = compilers
    this.#snapshot = { routes: buildRouteTable([], options.routeMatcher), names: buildNameTable([]) }
  }

  get problems (): readonly Problem[] { return [...this.#problems.values()] }

  apply (changes: readonly ConfigChange[]): SnapshotChange {
    const retired = new Retired()
    for (const change of changes) {
      if (change.kind === 'put') {
        this.#objects.set(change.object.key, change.object)
        this.#build(change.object, retired)
      } else {
        this.#remove(change.key, retired)
      }
    }
    return this.#finish(retired)
  }

  /** The whole configuration anew: what is not among the objects is gone. */
  replaceAll (objects: readonly ConfigObject[]): SnapshotChange {
    const kept = new Set(objects.map(object => object.key))
    const deletions = [...this.#objects.keys()].filter(key => !kept.has(key)).map(key => ({ kind: 'delete', key }) as const)
    const changed = objects.filter(object => this.#objects.get(object.key)?.modRevision !== object.modRevision)
    return this.apply([...deletions, ...changed.map(object => ({ kind: 'put', object }) as const)])
  }

  /** Builds every object again, because what plugins say of them changed. */
  recompile (compilers: Compilers): SnapshotChange {
    this.#compilers = compilers
    const retired = new Retired()
    for (const object of this.#objects.values()) this.#build(object, retired)
    return this.#finish(retired)
  }

  /** What was held back goes live, unless it was replaced or removed meanwhile. */
  release (heldBack: HeldBack): SnapshotChange {
    const retired = new Retired()
    if (this.#heldBack.get(heldBack.key) === heldBack) {
      this.#heldBack.delete(heldBack.key)
      this.#ssls.set(heldBack.key, heldBack.next)
      retired.ssl(heldBack.next.id)
    }
    return this.#finish(retired)
  }

  #build (object: ConfigObject, retired: Retired): void {
    const reason = this.#tryToBuild(object, retired)
    if (reason === undefined) {
      this.#problems.delete(object.key)
      return
    }
    this.#problems.set(object.key, { key: object.key, modRevision: object.modRevision, reason })
    this.#options.log.error({ key: object.key, modRevision: object.modRevision, reason }, 'failed to check item data, what was there before goes on serving')
  }

  // Whatever is wrong with one object, the others and the worker go on.
  #tryToBuild (object: ConfigObject, retired: Retired): string | undefined {
    try {
      if (object.key.startsWith('routes/')) return this.#buildRoute(object, retired)
      return object.key.startsWith('ssls/') ? this.#buildSsl(object, retired) : undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  #buildRoute (object: ConfigObject, retired: Retired): string | undefined {
    // a first failure takes its place in the order without a route
    if (!this.#routes.has(object.key)) this.#routes.set(object.key, undefined)
    const parsed = parseJson(object.value)
    if (parsed === undefined) return 'not JSON'
    const checked = validateRoute(parsed)
    if (checked.kind === 'invalid') return checked.issue.message
    const built = this.#compilers.compileRoute(this.#withOpenKey({ ...checked.value, id: idOf(object.key) }))
    if (built.kind === 'problem') return built.reason
    retired.route(this.#routes.get(object.key))
    this.#routes.set(object.key, built.value)
    return undefined
  }

  #buildSsl (object: ConfigObject, retired: Retired): string | undefined {
    if (!this.#ssls.has(object.key)) this.#ssls.set(object.key, undefined)
    const read = this.#compilers.readSsl(object)
    if (read.kind === 'invalid') return read.reason
    const { id, modRevision, ssl, ignored } = read.stored
    if (ignored.length > 0) this.#options.log.warn({ key: object.key, ignored }, 'ssl is served without what no loaded plugin knows')
    if (ssl.type === 'client' || ssl.status === 0) {
      this.#ssls.set(object.key, undefined)
    } else {
      const next = new CompiledSsl(id, modRevision, ssl, this.#options.decryptKey)
      const previous = this.#ssls.get(object.key)
      if (previous?.isSameAs(next) === true) return undefined // its endpoints and sessions live on
      if (previous !== undefined && !this.#options.isReady(next, previous)) {
        const heldBack = { key: object.key, next, previous }
        this.#heldBack.set(object.key, heldBack)
        retired.heldBack.push(heldBack)
        return undefined
      }
      this.#heldBack.delete(object.key)
      this.#ssls.set(object.key, next)
    }
    retired.ssl(id)
    return undefined
  }

  // The key of an upstream's client certificate is stored encrypted, as those of ssl resources are.
  #withOpenKey (route: Route): Route {
    const { upstream } = route
    if (upstream?.tls?.client_key === undefined) return route
    return { ...route, upstream: { ...upstream, tls: { ...upstream.tls, client_key: this.#options.decryptKey(upstream.tls.client_key) } } }
  }

  #remove (key: string, retired: Retired): void {
    this.#objects.delete(key)
    this.#problems.delete(key)
    this.#heldBack.delete(key)
    if (this.#ssls.delete(key)) retired.ssl(idOf(key))
    const route = this.#routes.get(key)
    if (this.#routes.delete(key)) retired.route(route)
  }

  #finish (retired: Retired): SnapshotChange {
    const { routeMatcher } = this.#options
    this.#snapshot = {
      routes: retired.touchedRoutes ? buildRouteTable(present(this.#routes), routeMatcher) : this.#snapshot.routes,
      names: retired.sslIds.size > 0 ? buildNameTable(present(this.#ssls)) : this.#snapshot.names
    }
    return { snapshot: this.#snapshot, retiredRoutes: retired.routes, retiredSslIds: [...retired.sslIds], heldBack: retired.heldBack }
  }
}

class Retired {
  readonly routes: CompiledRoute[] = []
  readonly sslIds = new Set<string>()
  readonly heldBack: HeldBack[] = []
  touchedRoutes = false

  route (route: CompiledRoute | undefined): void {
    this.touchedRoutes = true
    if (route !== undefined) this.routes.push(route)
  }

  ssl (id: string): void {
    this.sslIds.add(id)
  }
}

function present<Value> (map: ReadonlyMap<string, Value | undefined>): Value[] {
  return [...map.values()].filter(value => value !== undefined)
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
