import type { ConfigChange, ConfigObject, Problem } from '@clinch/data-plane'
import type { Logger } from 'pino'
import { openObject, type OpenedObject, type OpeningMakings, type UnresolvedReference } from './open-object.ts'
import type { SecretBook } from './secret-book.ts'

/** What changed from `after` (exclusive) to `sequence`. */
export interface OpenedChange {
  readonly after: number
  readonly sequence: number
  readonly changes: readonly ConfigChange[]
}

export interface OpenedConfigurationOptions {
  readonly book: SecretBook
  /** Asked anew for each object: plugins are reloaded. */
  readonly makings: () => Omit<OpeningMakings, 'resolve' | 'onPlainField'>
  readonly log: Logger
  readonly onChange: (change: OpenedChange) => void
}

interface Entry {
  readonly stored: ConfigObject
  readonly unresolved: readonly UnresolvedReference[]
}

const managersFolder = 'secrets/'

/**
 * The configuration as the workers and the OCSP agent get it: in clear, in memory only, without the objects that say how
 * to ask managers. An object whose reference is asked for the first time waits for the answer, and what it was before
 * goes on serving; the others go on. When a secret changes its objects are told again.
 */
export class OpenedConfiguration {
  readonly #options: OpenedConfigurationOptions
  readonly #entries = new Map<string, Entry>()
  /** In the order in which they were first told, which is that of every worker; an update keeps its place. */
  readonly #told = new Map<string, ConfigObject>()
  readonly #documentsOf = new Map<string, ReadonlySet<string>>()
  readonly #ownersOf = new Map<string, Set<string>>()
  #sequence = 0

  constructor (options: OpenedConfigurationOptions) {
    this.#options = options
  }

  get objects (): readonly ConfigObject[] {
    return [...this.#told.values()]
  }

  /** A count of changes: it only grows, also when a store that was restored counts anew. */
  get sequence (): number { return this.#sequence }

  /** Objects with references that stand for nothing. */
  get problems (): readonly Problem[] {
    return [...this.#entries.values()].flatMap(({ stored: { key, modRevision }, unresolved }) =>
      unresolved.map(({ reference, reason }) => ({ key, modRevision, reason: `${reference} is not resolved: ${reason}` })))
  }

  /** The configuration as it is stored, or what changed of it. */
  take (changes: readonly ConfigChange[]): void {
    for (const change of changes) this.#takeManager(change)
    this.#tell(changes.flatMap(change => change.kind === 'put' ? this.#open(change.object) : this.#remove(change.key)))
  }

  /** A document of the book says something else, or nothing any more. */
  documentChanged (documentKey: string): void {
    this.#openAgain([...this.#ownersOf.get(documentKey) ?? []])
  }

  /** The plugins changed: other fields are encrypted than before. */
  pluginsChanged (): void {
    this.#openAgain([...this.#entries.keys()])
  }

  #openAgain (keys: readonly string[]): void {
    const stored = keys.map(key => this.#entries.get(key)?.stored).filter(object => object !== undefined)
    this.#tell(stored.flatMap(object => this.#open(object)))
  }

  #takeManager (change: ConfigChange): void {
    const key = change.kind === 'put' ? change.object.key : change.key
    if (!key.startsWith(managersFolder)) return
    this.#options.book.setManager(key.slice(managersFolder.length), change.kind === 'put' ? change.object.value : undefined)
  }

  #open (stored: ConfigObject): ConfigChange[] {
    const { key } = stored
    if (key.startsWith(managersFolder)) return []
    const { book, log, makings } = this.#options
    const opened = openObject(stored, {
      ...makings(),
      resolve: reference => book.resolve(reference),
      onPlainField: (object, { plugin, path }) => log.info({ object, plugin, path }, 'field is used as it is stored: no entry of the keyring opens it')
    })
    this.#name(key, opened.references)
    const before = this.#entries.get(key)
    const unresolved = opened.isPending ? [] : opened.unresolved
    this.#entries.set(key, { stored, unresolved })
    for (const { reference, reason } of unresolved) {
      if (before?.unresolved.some(known => known.reference === reference && known.reason === reason) === true && before.stored === stored) continue
      log.error({ object: key, reference, reason }, 'secret reference not resolved')
    }
    return this.#change(key, toldOf(opened, this.#told.get(key)))
  }

  #remove (key: string): ConfigChange[] {
    this.#entries.delete(key)
    this.#name(key, [])
    return this.#change(key, undefined)
  }

  #change (key: string, object: ConfigObject | undefined): ConfigChange[] {
    const before = this.#told.get(key)
    if (object === undefined) return this.#told.delete(key) ? [{ kind: 'delete', key }] : []
    this.#told.set(key, object)
    return before?.modRevision === object.modRevision && before.value === object.value ? [] : [{ kind: 'put', object }]
  }

  #tell (changes: readonly ConfigChange[]): void {
    if (changes.length === 0) return
    const after = this.#sequence++
    this.#options.onChange({ after, sequence: this.#sequence, changes })
  }

  // Keeps count of who names a document: one that nobody names is let go of.
  #name (key: string, references: readonly string[]): void {
    const { book } = this.#options
    const now = new Set(references.map(reference => book.documentKeyOf(reference)).filter(documentKey => documentKey !== undefined))
    const before = this.#documentsOf.get(key) ?? new Set()
    if (now.size === 0 && before.size === 0) return
    for (const documentKey of now) {
      const owners = this.#ownersOf.get(documentKey) ?? new Set()
      this.#ownersOf.set(documentKey, owners.add(key))
    }
    for (const documentKey of before) {
      if (now.has(documentKey)) continue
      const owners = this.#ownersOf.get(documentKey)
      owners?.delete(key)
      if (owners?.size !== 0) continue
      this.#ownersOf.delete(documentKey)
      book.forget(documentKey)
    }
    if (now.size === 0) this.#documentsOf.delete(key)
    else this.#documentsOf.set(key, now)
  }
}

/**
 * What is told of an object: what it was before while it is not known what it is; nothing of a consumer that could be
 * matched by the text of a reference. Without its certificate or key an ssl stays what it was.
 */
function toldOf ({ object, isPending, unresolved }: OpenedObject, before: ConfigObject | undefined): ConfigObject | undefined {
  if (isPending) return before
  if (unresolved.length === 0) return object
  if (unresolved.some(({ isCredential }) => isCredential)) return undefined
  return object.key.startsWith('ssls/') ? before : object
}
