import type { Logger } from 'pino'
import { StateTable } from '../../limiting/state-table.ts'
import { countInFixedWindow, isFixedWindowOver, judgeFixedWindow, type FixedWindow } from './fixed-window.ts'
import type { Hit, Outcome } from './quota.ts'
import { isSlidingWindowOver, judgeSlidingWindow, slideTo, type SlidingWindow } from './sliding-window.ts'

/** A sliding window with the length that it was counted with. */
interface Sliding extends SlidingWindow { readonly windowMs: number }

export interface WindowTableOptions {
  readonly maxKeys: () => number
  readonly log: Logger
}

/** Requests counted in the memory of this process. */
export class WindowTable {
  readonly #fixed: StateTable<FixedWindow>
  readonly #sliding: StateTable<Sliding>

  constructor (options: WindowTableOptions) {
    this.#fixed = new StateTable({ ...options, isOver: isFixedWindowOver })
    this.#sliding = new StateTable({ ...options, isOver: (state, nowMs) => isSlidingWindowOver(state, state.windowMs, nowMs) })
  }

  count ([name, count, windowMs, isSliding]: Hit, nowMs: number): Outcome {
    return isSliding ? this.#countSliding(name, count, windowMs, nowMs) : this.#countFixed(name, count, windowMs, nowMs)
  }

  /** Whether anything is counted under the name that is not over. */
  has (name: string, isSliding: boolean, nowMs: number): boolean {
    return (isSliding ? this.#sliding : this.#fixed).get(name, nowMs) !== undefined
  }

  setFixed (name: string, window: FixedWindow, nowMs: number): void {
    this.#fixed.set(name, window, nowMs)
  }

  setSliding (name: string, window: SlidingWindow, windowMs: number, nowMs: number): void {
    this.#sliding.set(name, { ...window, windowMs }, nowMs)
  }

  #countFixed (name: string, count: number, windowMs: number, nowMs: number): Outcome {
    const window = countInFixedWindow(this.#fixed.get(name, nowMs), { windowMs }, nowMs)
    this.#fixed.set(name, window, nowMs)
    return judgeFixedWindow(window.used, window.endMs - nowMs, count)
  }

  #countSliding (name: string, count: number, windowMs: number, nowMs: number): Outcome {
    const { index, current, previous } = slideTo(nowMs, this.#sliding.get(name, nowMs), windowMs)
    const outcome = judgeSlidingWindow({ current, previous, elapsedMs: nowMs - index * windowMs }, { count, windowMs })
    this.#sliding.set(name, { index, current: outcome.isAccepted ? current + 1 : current, previous, windowMs }, nowMs)
    return outcome
  }
}
