import { emptyChain } from '../phases/phase-chain.ts'
import { changeRoutes, emptyRouteTable, type RouteMatcher } from '../router/route-table.ts'
import { changeNames, emptyNameTable } from '../tls/match-ssl.ts'
import { collections, type Collection } from './collections.ts'
import { CompiledObjects, type CompiledObjectsOptions, type Compilers, type References } from './compiled-objects.ts'
import type { ConfigChange, ConfigObject, Problem } from './config-object.ts'
import { ConsumerTable } from './consumers.ts'
import { Dependencies } from './dependencies.ts'
import type { Snapshot } from './snapshot.ts'
import type { HeldBack } from './ssl-objects.ts'
import type { StoredSsl } from './stored-ssl.ts'
import { Touched, type TableChange } from './touched.ts'
import { withoutSecrets } from './without-secrets.ts'

export interface SnapshotBuilderOptions extends CompiledObjectsOptions {
  readonly routeMatcher: RouteMatcher
}

export interface SnapshotChange {
  readonly snapshot: Snapshot
  /** Lets go of what the new snapshot no longer has; what a request holds goes when the request ends. */
  readonly retired: ReadonlyArray<() => void>
  readonly retiredSslIds: readonly string[]
  /** Built and not ready: what was there before goes on serving until `release`. */
  readonly heldBack: readonly HeldBack[]
}

export type SnapshotJob = Generator<void, SnapshotChange>

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
  readonly #compiled: CompiledObjects
  readonly #dependencies = new Dependencies()
  readonly #problems = new Map<string, Problem>()
  #snapshot: Snapshot

  constructor (options: SnapshotBuilderOptions, compilers: Compilers) {
    this.#options = options
    this.#compilers = compilers
    this.#compiled = new CompiledObjects(options)
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
    this.#compiled.release(heldBack, touched)
    return yield * this.#finish(touched)
  }

  * #build (touched: Touched): SnapshotJob {
    for (const collection of collections) {
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
    if (object === undefined) {
      this.#problems.delete(key)
      this.#dependencies.set(key, [])
      return this.#compiled.remove(collection, key, touched)
    }
    try {
      this.#compiled.put(collection, object, this.#compilers, this.#referencesOf(key), touched)
      this.#problems.delete(key)
    } catch (error) {
      const reason = withoutSecrets((error as Error).message, object.secrets)
      this.#problems.set(key, { key, modRevision: object.modRevision, reason })
      this.#options.log.error({ object: key, modRevision: object.modRevision, reason }, 'failed to check item data, what was there before goes on serving')
    }
  }

  // What an object asks for while it is built is what it depends on.
  #referencesOf (dependent: string): References {
    const targets: string[] = []
    this.#dependencies.set(dependent, targets)
    return {
      asked: key => {
        targets.push(key)
        this.#dependencies.set(dependent, targets)
      },
      ssl: id => this.#readSsl(`ssls/${id}`)
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
      upstreams: touched.has('upstreams', 'services') ? this.#compiled.upstreams() : before.upstreams,
      consumers: touched.has('consumers', 'credentials', 'consumer_groups') ? this.#compiled.consumers() : before.consumers,
      globals: touched.has('global_rules') ? this.#compiled.globals() : before.globals
    }
    return { snapshot: this.#snapshot, retired: touched.retired, retiredSslIds: [...touched.sslIds], heldBack: touched.heldBack }
  }
}

// A secret in it may have changed where the object itself did not.
function isChanged (before: ConfigObject | undefined, object: ConfigObject): boolean {
  return before?.modRevision !== object.modRevision || before.value !== object.value
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
