/** Which objects have to be built again when another changes, by key; also when what they refer to is not there yet. */
export class Dependencies {
  readonly #dependents = new Map<string, Set<string>>()
  readonly #targets = new Map<string, readonly string[]>()

  /** Replaces what was known of the dependent. */
  set (dependent: string, targets: readonly string[]): void {
    for (const target of this.#targets.get(dependent) ?? []) {
      const dependents = this.#dependents.get(target)
      dependents?.delete(dependent)
      if (dependents?.size === 0) this.#dependents.delete(target)
    }
    if (targets.length === 0) {
      this.#targets.delete(dependent)
      return
    }
    this.#targets.set(dependent, targets)
    for (const target of targets) {
      const dependents = this.#dependents.get(target) ?? new Set()
      dependents.add(dependent)
      this.#dependents.set(target, dependents)
    }
  }

  of (target: string): ReadonlySet<string> {
    return this.#dependents.get(target) ?? none
  }
}

const none: ReadonlySet<string> = new Set()
