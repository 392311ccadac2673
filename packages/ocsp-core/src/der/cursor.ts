import { type DerElement, readElement } from './element.ts'
import { DerFault } from './fault.ts'

/** Walks the members of one constructed value from left to right. */
export class DerCursor {
  readonly #octets: Buffer
  readonly #end: number
  #offset: number

  constructor (octets: Buffer, offset = 0, end = octets.length) {
    this.#octets = octets
    this.#offset = offset
    this.#end = end
  }

  /** The members of an element. */
  static into (element: DerElement): DerCursor {
    return new DerCursor(element.octets, element.contentOffset, element.end)
  }

  /** The only element of `octets`; anything behind it is refused. */
  static whole (octets: Buffer, tag: number, what: string): DerElement {
    const cursor = new DerCursor(octets)
    const element = cursor.read(tag, what)
    cursor.finish(what)
    return element
  }

  get offset (): number {
    return this.#offset
  }

  get atEnd (): boolean {
    return this.#offset >= this.#end
  }

  /** The tag that comes next, or undefined at the end. */
  get nextTag (): number | undefined {
    return this.atEnd ? undefined : this.#octets[this.#offset]
  }

  readAny (): DerElement {
    const element = readElement(this.#octets, this.#offset, this.#end)
    this.#offset = element.end
    return element
  }

  read (tag: number, what: string): DerElement {
    if (this.nextTag !== tag) throw new DerFault(`${what} expected`, this.#offset)
    return this.readAny()
  }

  readOptional (tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.readAny() : undefined
  }

  /** `[n] EXPLICIT` around exactly one element. */
  readExplicit (wrapperTag: number, tag: number, what: string): DerElement | undefined {
    const wrapper = this.readOptional(wrapperTag)
    if (wrapper === undefined) return undefined
    const inner = DerCursor.into(wrapper)
    const element = inner.read(tag, what)
    inner.finish(what)
    return element
  }

  finish (what: string): void {
    if (!this.atEnd) throw new DerFault(`octets behind ${what}`, this.#offset)
  }
}
