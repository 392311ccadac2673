import { RestartBackoff } from './restart-backoff.ts'
import type { WorkerEnd, WorkerProcess } from './worker-process.ts'

export interface WorkerSlotOptions {
  readonly fork: () => WorkerProcess
  /** The process of this place died; another takes it after `delayMs`. */
  readonly onDeath: (worker: WorkerProcess, end: WorkerEnd, delayMs: number) => void
}

/** One place among the workers: it has a process, another when that has died, and for a while its successor as well. */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions
  readonly #backoff = new RestartBackoff()
  #current: WorkerProcess | undefined
  #isReplacing = false
  #isClosed = false
  #restart: NodeJS.Timeout | undefined
  #delayMs = 0

  constructor (options: WorkerSlotOptions) {
    this.#options = options
  }

  /** Undefined: it died, and the next has to wait. */
  get current (): WorkerProcess | undefined { return this.#current }

  /** How long the next has to wait; 0 when it serves. */
  get delayMs (): number { return this.#delayMs }

  /** Resolves when the first process serves; rejects with the reason when it does not, and then nothing takes its place. */
  async start (): Promise<void> {
    const first = this.#options.fork()
    this.#current = first
    await first.ready()
    this.#watch(first)
  }

  /**
   * Starts another process, which has the place as soon as it serves. Rejects with the reason when it does not within
   * `limitMs`; then everything is as it was.
   *
   * @returns who had the place until then
   */
  async replace (limitMs: number): Promise<WorkerProcess | undefined> {
    this.#isReplacing = true
    clearTimeout(this.#restart)
    try {
      const successor = this.#options.fork()
      await successor.ready(limitMs)
      const before = this.#current
      this.#take(successor)
      return before
    } finally {
      this.#isReplacing = false
      if (this.#current === undefined) this.#startAfter(this.#delayMs) // it died meanwhile
    }
  }

  /** From here on nothing takes the place of what dies. */
  close (): void {
    this.#isClosed = true
    clearTimeout(this.#restart)
  }

  #take (worker: WorkerProcess): void {
    this.#current = worker
    this.#watch(worker)
    worker.ready().then(() => { this.#delayMs = 0 }, () => {}) // its end is seen to
  }

  #watch (worker: WorkerProcess): void {
    worker.ended.then(end => { if (this.#current === worker) this.#died(worker, end) }, () => {}) // it never rejects
  }

  #died (worker: WorkerProcess, end: WorkerEnd): void {
    this.#current = undefined
    if (this.#isClosed) return
    this.#delayMs = this.#backoff.next(worker.servedMs)
    this.#options.onDeath(worker, end, this.#delayMs)
    if (!this.#isReplacing) this.#startAfter(this.#delayMs)
  }

  #startAfter (delayMs: number): void {
    if (this.#isClosed) return
    this.#restart = setTimeout(() => this.#take(this.#options.fork()), delayMs)
  }
}
