import type { Level, Logger } from 'pino'

const fewChildren = 64

/** The level of a log and of all that were made from it, which pino keeps for each by itself. */
export class LogLevels {
  /** Some are made for an object of the configuration and go with it. */
  readonly #children = new Set<WeakRef<Logger>>()
  #sweepAt = fewChildren

  /** pino's option of that name. */
  readonly onChild = (child: Logger): void => {
    if (this.#children.size >= this.#sweepAt) this.#sweep()
    this.#children.add(new WeakRef(child))
  }

  set (root: Logger, level: Level): void {
    root.level = level
    for (const child of this.#children) {
      const logger = child.deref()
      if (logger !== undefined) logger.level = level
    }
  }

  #sweep (): void {
    for (const child of this.#children) if (child.deref() === undefined) this.#children.delete(child)
    this.#sweepAt = Math.max(fewChildren, 2 * this.#children.size)
  }
}
