/** Tells when nothing happened for a while. */
export class IdleTimer {
  readonly #idleMs: number
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined

  /** @param idleMs - 0: it never tells */
  constructor (idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs
    this.#onIdle = onIdle
  }

  /** From now on, again. */
  restart (): void {
    if (this.#idleMs === 0) return
    if (this.#timer === undefined) this.#timer = setTimeout(this.#onIdle, this.#idleMs)
    else this.#timer.refresh()
  }

  stop (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
