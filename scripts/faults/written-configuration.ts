/** Of a key: what it holds, undefined for nothing. */
export type Version = string | undefined

interface Known {
  readonly acknowledged: Version
  /** Writes that were not answered since: each may have been done, or not. */
  readonly maybe: readonly Version[]
}

/** What the Admin API has acknowledged, and so what must be there. */
export class WrittenConfiguration {
  readonly #known = new Map<string, Known>()

  get keys (): readonly string[] { return [...this.#known.keys()] }

  acknowledged (key: string, version: Version): void {
    this.#known.set(key, { acknowledged: version, maybe: [] })
  }

  unanswered (key: string, version: Version): void {
    const { acknowledged, maybe } = this.#of(key)
    this.#known.set(key, { acknowledged, maybe: [...maybe, version] })
  }

  /** Is what was read what must be there? Undefined when it is, else in words. */
  judge (key: string, read: Version): string | undefined {
    const { acknowledged, maybe } = this.#of(key)
    if (read === acknowledged || maybe.includes(read)) return undefined
    return `${key}: ${show(acknowledged)} was acknowledged, ${show(read)} is there${maybe.length === 0 ? '' : `, not answered since: ${maybe.map(show).join(', ')}`}`
  }

  #of (key: string): Known {
    return this.#known.get(key) ?? { acknowledged: undefined, maybe: [] }
  }
}

function show (version: Version): string {
  return version ?? 'nothing'
}
