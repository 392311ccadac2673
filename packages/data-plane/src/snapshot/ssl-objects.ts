import type { Logger } from 'pino'
import { CompiledSsl } from './compiled-ssl.ts'
import type { ConfigObject } from './config-object.ts'
import { ConfigOrder } from './config-order.ts'
import { idOf, type StoredSsl, type StoredSslReader } from './stored-ssl.ts'
import type { Touched } from './touched.ts'

/** A certificate that is to take the place of another, and may not yet. */
export interface HeldBack {
  readonly key: string
  readonly next: CompiledSsl
  readonly previous: CompiledSsl
}

export interface SslObjectsOptions {
  readonly decryptKey: (stored: string) => string
  /** Whether a certificate that takes another's place may go live; if not, `release` is called when it may. */
  readonly isReady: (next: CompiledSsl, previous: CompiledSsl) => boolean
  readonly log: Logger
}

/** The ssl resources as they serve, those that wait for it, and those that are a gateway's own certificate towards upstreams. */
export class SslObjects {
  readonly #options: SslObjectsOptions
  readonly #order = new ConfigOrder()
  readonly #serving = new Map<string, CompiledSsl>()
  readonly #clients = new Map<string, StoredSsl>()
  readonly #heldBack = new Map<string, HeldBack>()

  constructor (options: SslObjectsOptions) {
    this.#options = options
  }

  /** Those of `type: client`, by key. */
  get clients (): ReadonlyMap<string, StoredSsl> { return this.#clients }

  /** @throws Error with the reason */
  put (object: ConfigObject, read: StoredSslReader, touched: Touched): void {
    const { key } = object
    this.#order.placeOf(key) // also that of one that fails
    const stored = storedSsl(read, object)
    const { id, ssl, ignored } = stored
    if (ignored.length > 0) this.#options.log.warn({ object: key, ignored }, 'ssl is served without what no loaded plugin knows')
    if (ssl.type === 'client') this.#clients.set(key, stored)
    else this.#clients.delete(key)
    if (ssl.type === 'client' || ssl.status === 0) {
      this.#serve(key, undefined, touched)
    } else {
      const next = new CompiledSsl(stored, () => storedSsl(read, object).ssl, this.#options.decryptKey)
      const previous = this.#serving.get(key)
      if (previous?.isSameAs(next) === true) return // its endpoints and sessions live on
      if (previous !== undefined && !this.#options.isReady(next, previous)) {
        const heldBack = { key, next, previous }
        this.#heldBack.set(key, heldBack)
        touched.heldBack.push(heldBack)
        return
      }
      this.#heldBack.delete(key)
      this.#serve(key, next, touched)
    }
    touched.sslIds.add(id)
  }

  remove (key: string, touched: Touched): void {
    this.#heldBack.delete(key)
    this.#order.forget(key)
    this.#clients.delete(key)
    touched.sslIds.add(idOf(key))
    this.#serve(key, undefined, touched)
  }

  /** What was held back goes live, unless it was replaced or removed meanwhile. */
  release (heldBack: HeldBack, touched: Touched): void {
    const { key, next } = heldBack
    if (this.#heldBack.get(key) !== heldBack) return
    this.#heldBack.delete(key)
    this.#serve(key, next, touched)
    touched.sslIds.add(next.id)
  }

  /** @param next - undefined when nothing of it serves */
  #serve (key: string, next: CompiledSsl | undefined, touched: Touched): void {
    const previous = this.#serving.get(key)
    if (previous !== undefined) touched.names.removed.push(previous)
    if (next === undefined) {
      this.#serving.delete(key)
      return
    }
    touched.names.added.push({ resource: next, place: this.#order.placeOf(key) })
    this.#serving.set(key, next)
  }
}

function storedSsl (read: StoredSslReader, object: ConfigObject): StoredSsl {
  const result = read(object)
  if (result.kind === 'invalid') throw new Error(result.reason)
  return result.stored
}
