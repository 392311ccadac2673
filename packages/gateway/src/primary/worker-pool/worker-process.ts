import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Listening, Problem } from '@clinch/data-plane'
import type { Logger } from 'pino'
import type { FromWorker, ToWorker } from '../../ipc/messages.ts'
import { within } from '../../within.ts'
import type { MetricObjects, MetricSource } from './worker-metrics.ts'

type WorkerNews = Extract<FromWorker, { kind: 'ready' | 'failed' | 'applied' | 'pluginsLoaded' | 'metrics' }>
/** What a worker says that is not of itself. */
export type WorkerQuestion = Exclude<FromWorker, WorkerNews>

export interface WorkerProcessOptions {
  readonly startMessage: () => Extract<ToWorker, { kind: 'start' }>
  readonly onQuestion: (worker: WorkerProcess, question: WorkerQuestion) => void
  /** Something of what is kept here is another. */
  readonly onChange: () => void
  /** A line that it printed, with its end. */
  readonly onLogLine: (line: string) => void
  readonly log: Logger
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
}

export interface WorkerEnd {
  readonly code: number | null
  readonly signal: string | null
}

const objectsInPart = 500
/** After its own deadline. */
const killAfterMs = 1000

/** A worker as the primary sees it, from its fork to its end. */
export class WorkerProcess implements MetricSource {
  readonly #worker: Worker
  readonly #options: WorkerProcessOptions
  readonly #ready = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<WorkerEnd>()
  #output: Promise<unknown> = Promise.resolve()
  #state: 'starting' | 'ready' | 'draining' | 'ended' = 'starting'
  #readySinceMs: number | undefined
  #failure: string | undefined
  #listening: readonly Listening[] = []
  #problems: readonly Problem[] = []
  #pluginsVersion = 0
  #metrics: MetricObjects = []
  #metricsWanted: PromiseWithResolvers<void> | undefined

  constructor (options: WorkerProcessOptions) {
    const worker = cluster.fork()
    this.#worker = worker
    this.#options = options
    this.#ready.promise.catch(() => {}) // not everybody waits for it
    this.#relay()
    worker.on('online', () => this.sendWhole(options.startMessage()))
    worker.on('message', (message: FromWorker) => this.#receive(message))
    worker.on('error', err => options.log.error({ err, worker: worker.id }, 'worker failed'))
    worker.on('exit', (code, signal) => this.#end({ code, signal }))
  }

  get id (): number { return this.#worker.id }

  get pid (): number | undefined { return this.#worker.process.pid }

  get state (): 'starting' | 'ready' | 'draining' | 'ended' { return this.#state }

  get listening (): readonly Listening[] { return this.#listening }

  get problems (): readonly Problem[] { return this.#problems }

  /** Of the list of plugins that it has loaded. */
  get pluginsVersion (): number { return this.#pluginsVersion }

  /** 0 while it never served. */
  get servedMs (): number { return this.#readySinceMs === undefined ? 0 : this.#options.now() - this.#readySinceMs }

  /** Why it broke, as far as it said so. */
  get failure (): string | undefined { return this.#failure }

  /** Resolves when it is gone; never rejects. */
  get ended (): Promise<WorkerEnd> { return this.#ended.promise }

  /** Resolves when the last of what it printed was taken. */
  get output (): Promise<unknown> { return this.#output }

  /**
   * Resolves when it serves. Rejects with the reason when it does not; one that takes longer than `limitMs` is ended.
   */
  async ready (limitMs?: number): Promise<void> {
    const late = limitMs === undefined
      ? undefined
      : setTimeout(() => {
        this.#failure ??= `it was not ready after ${limitMs / 1000} s`
        this.kill()
      }, limitMs)
    try {
      await this.#ready.promise
    } finally {
      clearTimeout(late)
    }
  }

  async metrics (limitMs: number): Promise<MetricObjects> {
    if (this.#metricsWanted === undefined) {
      this.#metricsWanted = Promise.withResolvers()
      this.send({ kind: 'metricsWanted' })
    }
    await within(limitMs, Promise.race([this.#metricsWanted.promise, this.ended]))
    return this.#metrics
  }

  /** As it last told them. */
  get lastMetrics (): MetricObjects { return this.#metrics }

  send (message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => {}) // one that is going gets no more; its exit is seen to
  }

  // A message is in memory twice on either side until it is read, which for one of 100,000 certificates is much.
  sendWhole (message: Extract<ToWorker, { kind: 'start' | 'resync' }>): void {
    const { objects } = message
    for (let at = 0; at < objects.length; at += objectsInPart) this.send({ kind: 'objects', objects: objects.slice(at, at + objectsInPart) })
    this.send({ ...message, objects: [] })
  }

  /**
   * Lets it finish what it has in hand and end. One that has never served has nothing in hand; one that drains already is
   * not given longer than this.
   *
   * @param windDownMs - see DataPlane.close
   */
  drain (deadlineMs: number, windDownMs: number): void {
    if (this.#state === 'starting') return this.kill()
    if (this.#state === 'ready') this.send({ kind: 'drain', deadlineMs, windDownMs })
    this.#state = 'draining'
    const killer = setTimeout(() => this.kill(), deadlineMs + killAfterMs)
    this.#worker.once('exit', () => clearTimeout(killer))
  }

  kill (): void {
    this.#worker.process.kill('SIGKILL')
  }

  #receive (message: FromWorker): void {
    if (this.#state === 'ended') return
    if (isQuestion(message)) return this.#options.onQuestion(this, message)
    switch (message.kind) {
      case 'ready':
        this.#state = 'ready'
        this.#readySinceMs = this.#options.now()
        this.#listening = message.listening
        this.#ready.resolve()
        break
      case 'failed':
        this.#failure ??= message.reason
        break
      case 'applied':
        this.#problems = message.problems
        break
      case 'pluginsLoaded':
        this.#pluginsVersion = message.version
        break
      case 'metrics':
        this.#metrics = message.metrics
        this.#metricsWanted?.resolve()
        this.#metricsWanted = undefined
        return
    }
    this.#options.onChange()
  }

  #end (end: WorkerEnd): void {
    this.#state = 'ended'
    this.#ready.reject(new Error(this.#failure ?? `it ended with ${end.signal ?? `status ${end.code}`}`))
    this.#ended.resolve(end)
  }

  // One process writes the log, so that lines of several never mix, and so that none of them can be held up by whoever reads
  // it: standard output that is shared blocks for all as soon as one of them has ended.
  #relay (): void {
    const { stdout, stderr } = this.#worker.process
    if (stdout === null || stderr === null) return
    const lines = createInterface({ input: stdout }).on('line', line => this.#options.onLogLine(`${line}\n`))
    this.#output = once(lines, 'close')
    stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk))
  }
}

const newsKinds: readonly FromWorker['kind'][] = ['ready', 'failed', 'applied', 'pluginsLoaded', 'metrics'] satisfies ReadonlyArray<WorkerNews['kind']>

function isQuestion (message: FromWorker): message is WorkerQuestion {
  return !newsKinds.includes(message.kind)
}
