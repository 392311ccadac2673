/**
 * Header fields in the order and spelling in which they came, `[name, value, name, value, ...]` as node:http and
 * undici have them. Names compare without case; a look-up is linear, which for a request's dozen fields is the
 * fastest there is.
 */
export class HeaderList {
  readonly raw: string[]

  constructor (raw: readonly string[] = []) {
    this.raw = [...raw]
  }

  /** The field's lines joined with `, `; undefined if there is none. */
  get (name: string): string | undefined {
    let joined: string | undefined
    for (let at = 0; at < this.raw.length; at += 2) {
      if (this.#isAt(at, name)) joined = joined === undefined ? this.raw[at + 1] : `${joined}, ${this.raw[at + 1]}`
    }
    return joined
  }

  lines (name: string): string[] {
    const lines: string[] = []
    for (let at = 0; at < this.raw.length; at += 2) {
      if (this.#isAt(at, name)) lines.push(this.raw[at + 1] ?? '')
    }
    return lines
  }

  has (name: string): boolean {
    for (let at = 0; at < this.raw.length; at += 2) if (this.#isAt(at, name)) return true
    return false
  }

  append (name: string, value: string): void {
    this.raw.push(name, value)
  }

  /** Replaces every line of that name by one, or by one for each value. */
  set (name: string, value: string | readonly string[]): void {
    this.delete(name)
    for (const line of typeof value === 'string' ? [value] : value) this.raw.push(name, line)
  }

  delete (name: string): void {
    for (let at = this.raw.length - 2; at >= 0; at -= 2) {
      if (this.#isAt(at, name)) this.raw.splice(at, 2)
    }
  }

  deleteWhere (isDeleted: (name: string) => boolean): void {
    for (let at = this.raw.length - 2; at >= 0; at -= 2) {
      if (isDeleted(this.raw[at] ?? '')) this.raw.splice(at, 2)
    }
  }

  #isAt (at: number, name: string): boolean {
    const candidate = this.raw[at] ?? ''
    return candidate.length === name.length && startsAlike(candidate, name) && (candidate === name || candidate.toLowerCase() === name.toLowerCase())
  }
}

// Most names of one length differ here, and need not be put in lower case to be told apart.
function startsAlike (one: string, other: string): boolean {
  return (one.charCodeAt(0) | CASE_BIT) === (other.charCodeAt(0) | CASE_BIT)
}

const CASE_BIT = 0x20
