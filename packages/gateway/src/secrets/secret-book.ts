import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { RefreshQueue } from '../ocsp/refresh-queue.ts'
import type { EnvironmentVariables } from './environment-variables.ts'
import { parseReference, type DocumentAddress } from './reference.ts'
import { memberOf, type Fetched, type SecretDocument } from './secret-document.ts'
import type { SecretManagers } from './secret-managers.ts'

export interface SecretBookOptions {
  readonly managers: SecretManagers
  readonly environment: EnvironmentVariables
  /** `apisix.lru.secret.ttl`: a document is asked for again before it is older. */
  readonly ttlMs: number
  /** `apisix.lru.secret.neg_ttl`: how long after a failure it is asked for again. */
  readonly retryMs: number
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number
  /** What a document says changed: those who named it look again. */
  readonly onChange: (documentKey: string) => void
}

export type Resolution =
  | { readonly kind: 'text', readonly text: string }
  /** Its manager was asked for the first time and has not answered. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'unresolved', readonly reason: string }

interface Page {
  readonly address: DocumentAddress
  known: SecretDocument | undefined
  failure: string | undefined
  isAnswered: boolean
}

const maxInFlight = 16
const maxPerManager = 8

/**
 * What the references of the configuration stand for, in memory only. Documents are asked for when they are first named
 * and again in the background, a whole document at a time, so that a certificate and its key are never of two versions.
 * While a manager does not answer the last values stay; what it says is not there is gone.
 */
export class SecretBook {
  readonly #options: SecretBookOptions
  readonly #queue: RefreshQueue
  readonly #pages = new Map<string, Page>()
  /** `secrets/{managerId}` as stored. */
  readonly #managers = new Map<string, string>()
  #waiters: Array<() => void> = []
  #isClosed = false

  constructor (options: SecretBookOptions) {
    this.#options = options
    this.#queue = new RefreshQueue({
      now: options.now,
      maxInFlight,
      maxPerResponder: maxPerManager,
      originOf: key => this.#pages.get(key)?.address.managerId,
      refresh: async key => await this.#refresh(key)
    })
  }

  /** The key of the document that a reference needs; undefined for one that needs none. */
  documentKeyOf (reference: string): string | undefined {
    const parsed = parseReference(reference)
    return parsed.kind === 'secret' ? keyOf(parsed.document) : undefined
  }

  /** From memory; the first time that a document is named its manager is asked. */
  resolve (reference: string): Resolution {
    const parsed = parseReference(reference)
    switch (parsed.kind) {
      case 'malformed': return { kind: 'unresolved', reason: parsed.reason }
      case 'environment': return resolutionOf(this.#options.environment.read(parsed.name, parsed.member))
      case 'secret': {
        const { known, failure, isAnswered } = this.#pageOf(parsed.document)
        if (known !== undefined) return resolutionOf(memberOf(known, parsed.member))
        return isAnswered ? { kind: 'unresolved', reason: failure ?? '' } : { kind: 'pending' }
      }
    }
  }

  /** A `secrets` object came, changed or went: what it gives is asked for anew, and used meanwhile. */
  setManager (managerId: string, stored: string | undefined): void {
    if (this.#managers.get(managerId) === stored) return
    if (stored === undefined) this.#managers.delete(managerId)
    else this.#managers.set(managerId, stored)
    for (const [key, { address }] of this.#pages) if (address.managerId === managerId) this.#queue.schedule(key, this.#options.now())
    this.#runSoon()
  }

  /** Nobody names it any more. */
  forget (documentKey: string): void {
    this.#pages.delete(documentKey)
    this.#queue.remove(documentKey)
  }

  /** Resolves when every document has been asked for once, or the time is over. */
  async answered (deadlineMs: number): Promise<void> {
    const isOver = () => [...this.#pages.values()].every(({ isAnswered }) => isAnswered)
    if (isOver()) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, deadlineMs)
      this.#waiters.push(() => {
        if (!isOver()) return
        clearTimeout(timer)
        resolve()
      })
    })
    this.#waiters = []
  }

  async close (): Promise<void> {
    this.#isClosed = true
    await this.#queue.close()
  }

  #pageOf (address: DocumentAddress): Page {
    const key = keyOf(address)
    const known = this.#pages.get(key)
    if (known !== undefined) return known
    const page: Page = { address, known: undefined, failure: undefined, isAnswered: false }
    this.#pages.set(key, page)
    this.#queue.schedule(key, this.#options.now())
    this.#runSoon()
    return page
  }

  // When all that a batch of changes names is in, and a refresh that has just ended has left the queue.
  #runSoon (): void {
    setImmediate(() => this.#queue.run())
  }

  async #refresh (key: string): Promise<void> {
    const page = this.#pages.get(key)
    if (page === undefined) return
    const stored = this.#managers.get(page.address.managerId)
    const fetched = await this.#options.managers.ask(page.address, stored)
    if (this.#isClosed) return
    const isOutdated = this.#pages.get(key) !== page || this.#managers.get(page.address.managerId) !== stored
    if (isOutdated) {
      if (this.#pages.has(key)) this.#queue.schedule(key, this.#options.now())
      return
    }
    this.#queue.schedule(key, this.#options.now() + (fetched.kind === 'document' ? this.#ttlMs() : this.#options.retryMs))
    if (this.#take(page, fetched)) this.#options.onChange(key)
    for (const look of this.#waiters) look()
  }

  // True when what it says is another thing than before.
  #take (page: Page, fetched: Fetched): boolean {
    const { address: { managerId, path }, known, failure, isAnswered } = page
    const { log } = this.#options
    page.isAnswered = true
    page.failure = fetched.kind === 'document' ? undefined : fetched.reason
    switch (fetched.kind) {
      case 'document':
        if (known !== undefined && failure !== undefined) log.info({ manager: managerId, path }, 'secret refreshed again')
        page.known = fetched.document
        return known === undefined || !isDeepStrictEqual(known, fetched.document)
      case 'missing':
        page.known = undefined
        return known !== undefined || failure !== fetched.reason || !isAnswered
      case 'unavailable':
        if (known === undefined) return failure !== fetched.reason || !isAnswered
        if (failure === undefined) log.warn({ manager: managerId, path, reason: fetched.reason }, 'secret not refreshed: what is known goes on being used')
        return false
    }
  }

  // Spread, so that what was asked for together is not asked for together for ever.
  #ttlMs (): number {
    return this.#options.ttlMs * (1 - 0.2 * this.#options.random())
  }
}

function keyOf ({ managerId, path }: DocumentAddress): string {
  return `${managerId}/${path}`
}

function resolutionOf (result: ReturnType<typeof memberOf>): Resolution {
  return result.kind === 'text' ? result : { kind: 'unresolved', reason: result.reason }
}
