import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Listening, Problem } from '@clinch/data-plane'
import type { Config } from '@clinch/schema'
import type { Logger } from 'pino'
import type { ToWorker } from '../../ipc/messages.ts'
import { Changes } from './changes.ts'
import { WorkerMetrics } from './worker-metrics.ts'
import { WorkerProcess, type WorkerQuestion } from './worker-process.ts'
import { WorkerSlot } from './worker-slot.ts'

/** What workers are started with, for as long as the pool is not renewed. */
export interface WorkerTerms {
  readonly size: number
  readonly config: Config
  /** How long requests in flight may take when a worker is replaced. */
  readonly drainMs: number
  /** How long a successor may take until it serves. */
  readonly startMs: number
}

export interface WorkerPoolOptions {
  readonly terms: WorkerTerms
  readonly log: Logger
  /** A line that a worker printed, with its end. */
  readonly onLogLine: (line: string) => void
  /** The first message of every worker, made when it starts. */
  readonly startMessage: (config: Config) => Extract<ToWorker, { kind: 'start' }>
  readonly onQuestion: (worker: WorkerProcess, question: WorkerQuestion) => void
  /** Nothing comes from it any more. */
  readonly onWorkerGone: (workerId: number) => void
}

/** How long the connections of a worker that was replaced may still be used, once. */
const windDownMs = 2000

/**
 * The workers of this machine: all are told the same, each is replaced when it dies, and all of them, one after the other,
 * when the pool is renewed.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  /** Those that have not ended, whatever they are doing. */
  readonly #processes = new Set<WorkerProcess>()
  readonly #changes = new Changes()
  readonly #metrics = new WorkerMetrics()
  #slots: WorkerSlot[] = []
  #terms: WorkerTerms
  #isStopping = false
  #deaths = 0

  constructor (options: WorkerPoolOptions) {
    this.#options = options
    this.#terms = options.terms
  }

  /** Resolves when every worker serves; rejects when one of the first cannot. */
  async start (): Promise<readonly Listening[]> {
    cluster.schedulingPolicy = cluster.SCHED_NONE // docs/adr/0004: one listening socket, the kernel hands out connections
    cluster.setupPrimary({ exec: fileURLToPath(new URL('../../worker/main.ts', import.meta.url)), serialization: 'advanced', silent: true })
    this.#slots = Array.from({ length: this.size }, () => this.#addSlot())
    await Promise.all(this.#slots.map(async slot => await slot.start()))
    return this.listening
  }

  /** How many workers there should be. */
  get size (): number { return this.#terms.size }

  /** How many died, since the start. */
  get deaths (): number { return this.#deaths }

  /** The longest time for which the place of one that died stays empty, because others died there; 0 when none is. */
  get restartDelayMs (): number { return Math.max(0, ...this.#slots.map(slot => slot.delayMs)) }

  get listening (): readonly Listening[] {
    return this.#serving?.listening ?? []
  }

  /** The same in every worker; taken from one. */
  get problems (): readonly Problem[] {
    return this.#serving?.problems ?? []
  }

  /** Those that should serve. */
  get status (): ReadonlyArray<{ id: number, pid: number | undefined, ready: boolean }> {
    return this.#current.map(({ id, pid, state }) => ({ id, pid, ready: state === 'ready' }))
  }

  /** All there are: those that follow others and those that are followed as well. */
  get processes (): ReadonlyArray<{ id: number, pid: number | undefined, state: string }> {
    return [...this.#processes].map(({ id, pid, state }) => ({ id, pid, state }))
  }

  /** What all workers count, also those that have ended, in the text format of Prometheus. */
  async collectMetrics (): Promise<string> {
    return await this.#metrics.collect(this.#processes)
  }

  broadcast (message: ToWorker): void {
    for (const worker of this.#processes) worker.send(message)
  }

  /** Resolves when every worker that should serve has loaded that version of the plugin list; at once before the first was started. */
  async pluginsLoaded (version: number): Promise<void> {
    await this.#changes.until(() => this.#slots.every(slot => (slot.current?.pluginsVersion ?? 0) >= version))
  }

  /**
   * Replaces the workers one by one: each is told to end when its successor serves, and ends when what it has in hand is
   * done. Resolves when every place has a worker on these terms. Rejects with the reason when a successor does not start:
   * then those that were not replaced until then stay.
   */
  async renew (terms: WorkerTerms): Promise<void> {
    const before = this.#terms
    for (const [index, slot] of this.#slots.slice(0, terms.size).entries()) {
      if (this.#isStopping) return
      this.#terms = { ...terms, size: before.size } // whoever dies meanwhile is replaced on the new ones as well
      try {
        await this.#replace(slot)
      } catch (error) {
        if (this.#isStopping) return
        if (index === 0) this.#terms = before // they have not been shown to work
        throw error
      }
    }
    await this.#resize(terms)
  }

  /** Lets the workers finish what they have in hand, then ends those that have not gone by themselves. */
  async stop (deadlineMs: number): Promise<void> {
    this.#isStopping = true
    for (const slot of this.#slots) slot.close()
    const outputs = [...this.#processes].map(worker => worker.output)
    for (const worker of this.#processes) worker.drain(deadlineMs, 0)
    await this.#changes.until(() => this.#processes.size === 0)
    await Promise.all(outputs)
  }

  /** Ends them as they are. */
  kill (): void {
    this.#isStopping = true
    for (const worker of this.#processes) worker.kill()
  }

  get #current (): readonly WorkerProcess[] {
    return this.#slots.flatMap(({ current }) => current ?? [])
  }

  get #serving (): WorkerProcess | undefined {
    return this.#current.find(({ state }) => state === 'ready')
  }

  async #replace (slot: WorkerSlot): Promise<void> {
    const { startMs, drainMs } = this.#terms
    const predecessor = await slot.replace(startMs)
    predecessor?.drain(drainMs, windDownMs)
    this.#options.log.info({ worker: slot.current?.id, replaced: predecessor?.id }, 'worker replaced')
  }

  async #resize (terms: WorkerTerms): Promise<void> {
    const tooMany = this.#slots.splice(terms.size)
    for (const slot of tooMany) {
      slot.close()
      slot.current?.drain(terms.drainMs, windDownMs)
    }
    this.#terms = { ...terms, size: this.#slots.length }
    while (this.size < terms.size && !this.#isStopping) {
      const slot = this.#addSlot()
      await slot.start()
      this.#slots.push(slot)
      this.#terms = { ...terms, size: this.#slots.length }
    }
  }

  #addSlot (): WorkerSlot {
    return new WorkerSlot({
      fork: () => this.#fork(),
      onDeath: ({ id, pid, failure }, { code, signal }, delayMs) => {
        this.#deaths++
        this.#options.log.error({ worker: id, pid, code, signal, reason: failure, delayMs }, 'worker ended, another takes its place')
      }
    })
  }

  #fork (): WorkerProcess {
    const { config } = this.#terms
    const worker = new WorkerProcess({
      startMessage: () => this.#options.startMessage(config),
      onQuestion: this.#options.onQuestion,
      onChange: () => this.#changes.tell(),
      onLogLine: this.#options.onLogLine,
      log: this.#options.log,
      now: () => performance.now()
    })
    this.#processes.add(worker)
    worker.ended.then(() => {
      this.#processes.delete(worker)
      this.#metrics.depart(worker.lastMetrics).catch((err: unknown) => this.#options.log.error({ err }, 'what a worker had counted was lost'))
      this.#options.onWorkerGone(worker.id)
      this.#changes.tell()
    }, () => {})
    return worker
  }
}
