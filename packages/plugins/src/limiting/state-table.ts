import type { Logger } from 'pino'

export interface StateTableOptions<State> {
  readonly maxKeys: () => number
  /** It says nothing any more: to begin anew comes to the same. */
  readonly isOver: (state: State, nowMs: number) => boolean
  readonly log: Logger
}

const sayAgainMs = 60_000

/**
 * The state of many limits, by name. What is over goes as others come; beyond `maxKeys` the one that was set longest ago
 * goes, and its limit begins anew, of which a line in the log tells.
 */
export class StateTable<State> {
  readonly #options: StateTableOptions<State>
  /** In the order in which they were last set. */
  readonly #states = new Map<string, State>()
  #pushedOut = 0
  #saidMs = -Infinity

  constructor (options: StateTableOptions<State>) {
    this.#options = options
  }

  get size (): number { return this.#states.size }

  /** Undefined when there is none, or when it is over. */
  get (name: string, nowMs: number): State | undefined {
    const state = this.#states.get(name)
    return state === undefined || this.#options.isOver(state, nowMs) ? undefined : state
  }

  set (name: string, state: State, nowMs: number): void {
    this.#states.delete(name)
    this.#states.set(name, state)
    this.#collect(nowMs)
  }

  // Two for each that is set: what is over does not pile up, and no single request pays for all of it.
  #collect (nowMs: number): void {
    const { maxKeys, isOver } = this.#options
    let looked = 0
    for (const [name, state] of this.#states) {
      const isTooMany = this.#states.size > maxKeys()
      if (!isTooMany && looked++ === 2) return
      if (isOver(state, nowMs)) this.#states.delete(name)
      else if (isTooMany) this.#pushOut(name, nowMs)
      else return
    }
  }

  #pushOut (name: string, nowMs: number): void {
    this.#states.delete(name)
    this.#pushedOut++
    if (nowMs < this.#saidMs + sayAgainMs) return
    this.#options.log.warn({ maxKeys: this.#options.maxKeys(), pushedOut: this.#pushedOut }, 'more keys than max_keys: those that came longest ago begin anew')
    this.#saidMs = nowMs
    this.#pushedOut = 0
  }
}
